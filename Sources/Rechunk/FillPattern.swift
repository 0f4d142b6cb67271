#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The bytes of a fill value, repeated.
package struct FillPattern: Hashable, Sendable {
  /// In the low bytes.
  let bits: UInt64
  /// Bytes per element: 1, 2, 4 or 8.
  let elementByteCount: Int

  func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { return }
    func store<Number: FixedWidthInteger>(_: Number.Type) {
      let count = buffer.count / MemoryLayout<Number>.size
      base.assumingMemoryBound(to: Number.self)
        .update(repeating: Number(truncatingIfNeeded: bits), count: count)
    }
    switch elementByteCount {
    case 1: memset(base, Int32(bits & 0xFF), buffer.count)
    case 2: store(UInt16.self)
    case 4: store(UInt32.self)
    default: store(UInt64.self)
    }
  }

  /// Whether a buffer holds nothing else.
  ///
  /// If the first element is the fill, and the rest equals itself shifted by one element, all of
  /// them are: one memcmp, at memory speed.
  func isAll(of buffer: UnsafeRawBufferPointer) -> Bool {
    guard let base = buffer.baseAddress, buffer.count >= elementByteCount else { return true }
    let isFill = withUnsafeBytes(of: bits.littleEndian) { pattern in
      pattern.prefix(elementByteCount).elementsEqual(buffer.prefix(elementByteCount))
    }
    return isFill && memcmp(base, base + elementByteCount, buffer.count - elementByteCount) == 0
  }
}
