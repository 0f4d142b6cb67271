/// The inverse of HDF5's shuffle filter.
///
/// Bytes past the last whole element stay at the end.
///
/// Source: HDF5, `H5Zshuffle.c`; HDF5 File Format Specification, IV.A.2.l.
package enum Unshuffle {
  /// - Parameters:
  ///   - source: All first bytes of *n* elements, then all second bytes, …
  ///   - target: As many bytes.
  package static func run(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, byteCount: Int,
    elementSize: Int
  ) {
    let count = byteCount / elementSize
    switch elementSize {
    case 1: target.update(from: source, count: byteCount)
    case 2: two(source, target, count)
    case 4: four(source, target, count)
    case 8: eight(source, target, count)
    default:
      for byte in 0..<elementSize {
        let plane = source + byte * count
        for element in 0..<count { target[element * elementSize + byte] = plane[element] }
      }
    }
    let whole = count * elementSize
    for index in whole..<byteCount { target[index] = source[index] }
  }

  private static func two(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let low = source
    let high = source + count
    let output = UnsafeMutableRawPointer(target)
    for index in 0..<count {
      let value = UInt16(low[index]) | UInt16(high[index]) << 8
      output.storeBytes(of: value, toByteOffset: index * 2, as: UInt16.self)
    }
  }

  private static func four(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let (b0, b1, b2, b3) = (source, source + count, source + 2 * count, source + 3 * count)
    let output = UnsafeMutableRawPointer(target)
    for index in 0..<count {
      let low = UInt32(b0[index]) | UInt32(b1[index]) << 8
      let high = UInt32(b2[index]) << 16 | UInt32(b3[index]) << 24
      output.storeBytes(of: low | high, toByteOffset: index * 4, as: UInt32.self)
    }
  }

  private static func eight(
    _ source: UnsafePointer<UInt8>, _ target: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let (b0, b1, b2, b3) = (source, source + count, source + 2 * count, source + 3 * count)
    let (b4, b5, b6, b7) = (b0 + 4 * count, b1 + 4 * count, b2 + 4 * count, b3 + 4 * count)
    let output = UnsafeMutableRawPointer(target)
    for index in 0..<count {
      let first = UInt64(b0[index]) | UInt64(b1[index]) << 8
      let second = UInt64(b2[index]) << 16 | UInt64(b3[index]) << 24
      let third = UInt64(b4[index]) << 32 | UInt64(b5[index]) << 40
      let fourth = UInt64(b6[index]) << 48 | UInt64(b7[index]) << 56
      output.storeBytes(
        of: first | second | third | fourth, toByteOffset: index * 8, as: UInt64.self)
    }
  }
}
