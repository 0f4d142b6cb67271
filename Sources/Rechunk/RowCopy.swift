/// Copies the rows of a rectangle. Those of a chunk are short, a few dozen bytes, so that calling
/// `memcpy` for each would take longer than copying.
enum RowCopy {
  /// - Parameters:
  ///   - stride: Bytes from one row to the next.
  ///   - byteCount: Of each row.
  static func copy(
    _ source: UnsafeRawPointer, stride sourceStride: Int, _ target: UnsafeMutableRawPointer,
    stride targetStride: Int, rows: Int, byteCount: Int
  ) {
    switch byteCount {
    case 8...16:
      copyEnds(source, sourceStride, target, targetStride, rows, byteCount, UInt64.self)
    case 17...32:
      copyEnds(source, sourceStride, target, targetStride, rows, byteCount, SIMD16<UInt8>.self)
    case 33...64:
      copyEnds(source, sourceStride, target, targetStride, rows, byteCount, SIMD32<UInt8>.self)
    case 65...128:
      copyEnds(source, sourceStride, target, targetStride, rows, byteCount, SIMD64<UInt8>.self)
    default:
      for row in 0..<rows {
        (target + row * targetStride).copyMemory(
          from: source + row * sourceStride, byteCount: byteCount)
      }
    }
  }

  /// Copies each row as its first and its last word, which overlap.
  @inline(__always)
  private static func copyEnds<Word: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ sourceStride: Int, _ target: UnsafeMutableRawPointer,
    _ targetStride: Int, _ rows: Int, _ byteCount: Int, _: Word.Type
  ) {
    let tail = byteCount - MemoryLayout<Word>.size
    var source = source
    var target = target
    for _ in 0..<rows {
      let first = source.loadUnaligned(as: Word.self)
      let last = source.loadUnaligned(fromByteOffset: tail, as: Word.self)
      target.storeBytes(of: first, as: Word.self)
      target.storeBytes(of: last, toByteOffset: tail, as: Word.self)
      source += sourceStride
      target += targetStride
    }
  }
}
