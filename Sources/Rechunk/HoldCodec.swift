import CBlosc

/// The quick compression of pieces while they are held: LZ4 behind a byte shuffle.
struct HoldCodec {
  let elementByteCount: Int

  /// The most bytes that `byteCount` can become.
  static func capacity(_ byteCount: Int) -> Int { byteCount + Int(BLOSC_MAX_OVERHEAD) }

  /// - Precondition: `target` has ``capacity(_:)`` bytes.
  func compress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(HoldError) -> Int {
    let count = blosc_compress_ctx(
      5, elementByteCount > 1 ? BLOSC_SHUFFLE : BLOSC_NOSHUFFLE, elementByteCount, source.count,
      source.baseAddress, target.baseAddress, target.count, "lz4", source.count, 1)
    guard count > 0 else { throw HoldError(code: count) }
    return Int(count)
  }

  /// - Precondition: `source` was made by ``compress(_:into:)`` from `target.count` bytes.
  func decompress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(HoldError) {
    let count = blosc_decompress_ctx(source.baseAddress, target.baseAddress, target.count, 1)
    guard Int(count) == target.count else { throw HoldError(code: count) }
  }
}

/// blosc failed on data of our own: memory or disk is damaged.
struct HoldError: Error, Hashable, CustomStringConvertible {
  let code: Int32

  var description: String { "held data can't be read back (blosc \(code)): damaged memory or disk" }
}
