import CBlosc
import CZstd

/// Writes blosc frames, reusing a context and buffers; not for two threads at once.
///
/// A chunk of at most 256 KiB is one block, a larger one three or more: with zstd that is twice as
/// fast as blosc's automatic size, and smaller. Blocks can be decoded at once: with thirds a second
/// thread, which has to be woken, does the last one while the first does two.
///
/// Source: c-blosc, README_CHUNK_FORMAT.
package final class BloscEncoder {
  private let typeSize: Int
  private let name: BloscName
  private let level: Int
  private let shuffle: BloscShuffle
  /// For the frames that libblosc can't make as well.
  private let zstd: ZstdEncoder?
  /// A block, shuffled.
  private let scratch: UnsafeMutableRawBufferPointer

  /// - Parameter typeSize: Bytes per element, for the shuffle.
  package init(
    typeSize: Int, name: BloscName, level: Int, shuffle: BloscShuffle
  ) throws(CodecError) {
    self.typeSize = typeSize
    self.name = name
    self.level = level
    self.shuffle = shuffle
    let isOwn = name == .zstd && level == 1 && shuffle != .bit
    scratch = .allocate(
      byteCount: isOwn && shuffle == .byte ? Self.blockLimit + 8 * typeSize : 0, alignment: 64)
    zstd =
      isOwn
      ? try ZstdEncoder(Self.fastParameters(wholeNumbers: shuffle == .none && typeSize >= 4)) : nil
  }

  deinit { scratch.deallocate() }

  private static let blockLimit = 1 << 18

  /// What suits geophysical fields, and can't be said to libblosc. With a hash table of 1,024
  /// places chunks shrink by and large as well as with zstd's own 8,192 to 32,768, in two thirds of
  /// the time. Numbers of four bytes and more that aren't shuffled repeat as a whole, so
  /// that matches as short as one number are worth finding.
  ///
  /// Source: `benchmarks/conversion/README.md`.
  private static func fastParameters(wholeNumbers: Bool) -> ZstdEncoder.Parameters {
    ZstdEncoder.Parameters(level: 1, hashLog: 10, minMatch: wholeNumbers ? 4 : nil)
  }

  /// The most bytes ``encode(_:into:)`` may need.
  package static func capacity(for byteCount: Int) -> Int {
    byteCount + Int(BLOSC_MAX_OVERHEAD) + 8 * blockCount(of: byteCount)
  }

  /// - Parameter buffer: At least ``capacity(for:)`` bytes.
  /// - Returns: How many bytes of `buffer` were filled.
  package func encode(
    _ bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    let blockByteCount = blockByteCount(for: bytes.count)
    if let zstd, !bytes.isEmpty {
      return try encode(bytes, by: zstd, blockByteCount: blockByteCount, into: buffer)
    }
    // The context interface heeds no BLOSC_… environment variable, and no other thread.
    let status = blosc_compress_ctx(
      CInt(level), CInt(shuffle.rawValue), typeSize, bytes.count, bytes.baseAddress,
      buffer.baseAddress, buffer.count, name.rawValue, blockByteCount, 1)
    guard status > 0 else { throw .encodingFailed(codec: Blosc.name, code: Int(status)) }
    return Int(status)
  }

  private static func blockCount(of byteCount: Int) -> Int {
    byteCount <= blockLimit ? 1 : max(3, (byteCount + blockLimit - 1) / blockLimit)
  }

  /// Equal blocks but for the last. Those of a bit shuffle are of whole groups of eight elements:
  /// blosc leaves others as they are.
  private func blockByteCount(for byteCount: Int) -> Int {
    let blocks = Self.blockCount(of: byteCount)
    let group = 8 * typeSize
    if blocks > 1 { return (byteCount / blocks + group) / group * group }
    return shuffle == .bit && byteCount > group ? byteCount / group * group : byteCount
  }

  /// Puts a frame together: a header, where each block begins, and the blocks, each behind its size.
  private func encode(
    _ bytes: UnsafeRawBufferPointer, by zstd: ZstdEncoder, blockByteCount: Int,
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    let starts = stride(from: 0, to: bytes.count, by: blockByteCount)
    var end = Int(BLOSC_MIN_HEADER_LENGTH) + 4 * starts.underestimatedCount
    var entry = Int(BLOSC_MIN_HEADER_LENGTH)
    func store(_ number: Int, at offset: Int) {
      buffer.storeBytes(
        of: UInt32(number).littleEndian, toByteOffset: offset, as: UInt32.self)
    }
    for start in starts {
      let plain = UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(start + blockByteCount, bytes.count)])
      store(end, at: entry)
      entry += 4
      // A block that zstd can't make smaller is stored as it is; its size says so.
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[(end + 4)...].prefix(plain.count))
      let count = try encodeBlock(plain, by: zstd, into: room)
      store(count, at: end)
      end += 4 + count
    }
    buffer[0] = UInt8(BLOSC_VERSION_FORMAT)
    buffer[1] = UInt8(BLOSC_ZSTD_VERSION_FORMAT)
    let isWhole: UInt8 = 0x10
    buffer[2] =
      (shuffle == .byte ? UInt8(BLOSC_DOSHUFFLE) : 0) | isWhole | UInt8(BLOSC_ZSTD_FORMAT) << 5
    let copiedEnd = Int(BLOSC_MIN_HEADER_LENGTH) + bytes.count
    if end >= copiedEnd {
      // Nothing is gained: the bytes follow the header as they are.
      UnsafeMutableRawBufferPointer(
        rebasing: buffer[Int(BLOSC_MIN_HEADER_LENGTH)..<copiedEnd]
      ).copyMemory(from: bytes)
      buffer[2] |= UInt8(BLOSC_MEMCPYED)
      end = copiedEnd
    }
    buffer[3] = UInt8(typeSize)
    store(bytes.count, at: 4)
    store(blockByteCount, at: 8)
    store(end, at: 12)
    return end
  }

  private func encodeBlock(
    _ plain: UnsafeRawBufferPointer, by zstd: ZstdEncoder,
    into room: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    guard shuffle == .byte, typeSize > 1 else { return try zstd.encodeOrCopy(plain, into: room) }
    Shuffle(elementSize: typeSize).encode(plain, into: scratch)
    return try zstd.encodeOrCopy(
      UnsafeRawBufferPointer(rebasing: scratch[..<plain.count]), into: room)
  }
}
