/// The blocks of a blosc frame that are zstd frames of unshuffled bytes: decoded where they belong,
/// which libblosc would copy them to.
///
/// Source: c-blosc, README_CHUNK_FORMAT.
struct BloscZstdBlocks {
  private let frame: UnsafeRawBufferPointer
  private let byteCount: Int
  private let blockByteCount: Int

  private static let headerByteCount = 16
  /// Shuffled by bytes, stored as it is, or shuffled by bits.
  private static let otherForms: UInt8 = 0x07
  /// A block is one stream, not one for each byte of an element.
  private static let isWhole: UInt8 = 0x10
  private static let zstdFormat: UInt8 = 4

  /// - Parameters:
  ///   - frame: With a header that libblosc has found valid.
  ///   - byteCount: Of the decoded frame.
  ///   - blockByteCount: 0 if blocks can't be told apart.
  /// - Returns: `nil` for a frame of another kind.
  init?(_ frame: UnsafeRawBufferPointer, byteCount: Int, blockByteCount: Int) {
    let flags = frame[2]
    guard blockByteCount > 0, flags & Self.otherForms == 0, flags & Self.isWhole != 0,
      flags >> 5 == Self.zstdFormat
    else { return nil }
    self.frame = frame
    self.byteCount = byteCount
    self.blockByteCount = blockByteCount
  }

  /// Decodes the blocks of a range of the decoded frame, which begins and ends where blocks do.
  ///
  /// - Parameter target: Room for that range.
  /// - Returns: Whether every block could be decoded.
  func decode(_ range: Range<Int>, into target: UnsafeMutableRawPointer) -> Bool {
    for start in stride(from: range.lowerBound, to: range.upperBound, by: blockByteCount) {
      let count = min(blockByteCount, byteCount - start)
      guard let stored = storedBlock(start / blockByteCount) else { return false }
      let room = target.advanced(by: start - range.lowerBound)
      if stored.count == count, let bytes = stored.baseAddress {
        room.copyMemory(from: bytes, byteCount: count)
      } else if ZstdContexts.decode(stored, into: room, capacity: count) != count {
        return false
      }
    }
    return true
  }

  /// - Returns: `nil` if it doesn't lie in the frame.
  private func storedBlock(_ block: Int) -> UnsafeRawBufferPointer? {
    guard let start = number(at: Self.headerByteCount + block * 4),
      let count = number(at: start), count <= frame.count - start - 4
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: frame[start + 4..<start + 4 + count])
  }

  private func number(at offset: Int) -> Int? {
    guard offset >= 0, offset <= frame.count - 4 else { return nil }
    let number = Int32(
      littleEndian: frame.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    return number >= 0 ? Int(number) : nil
  }
}
