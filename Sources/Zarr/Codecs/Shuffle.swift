/// Groups the first bytes of all elements, then the second bytes, and so on.
///
/// Bytes past the last whole element stay at the end, as in HDF5's shuffle filter.
public struct Shuffle: BytesCodec {
  public static let name = "shuffle"
  /// Bytes per element, at least 1.
  public let elementSize: Int

  public init(elementSize: Int) {
    precondition(elementSize >= 1, "an element has at least one byte")
    self.elementSize = elementSize
  }

  public func encodedSize(of byteCount: Int) -> EncodedSize { .exactly(byteCount) }

  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    guard elementSize > 1, bytes.count >= elementSize, let source = bytes.baseAddress else {
      return .part(0..<bytes.count)
    }
    let count = bytes.count / elementSize
    let plain = [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, filled in
      filled = bytes.count
      guard let plain = buffer.baseAddress else { return }
      let source = source.assumingMemoryBound(to: UInt8.self)
      switch elementSize {
      case 2:
        let low = source
        let high = source + count
        UnsafeMutableRawPointer(plain).withMemoryRebound(to: UInt16.self, capacity: count) {
          for element in 0..<count {
            $0[element] = UInt16(low[element]) | UInt16(high[element]) << 8
          }
        }
      default:
        for byte in 0..<elementSize {
          let lane = source + byte * count
          for element in 0..<count { plain[element * elementSize + byte] = lane[element] }
        }
      }
      let whole = count * elementSize
      (plain + whole).update(from: source + whole, count: bytes.count - whole)
    }
    return .bytes(plain)
  }
}
