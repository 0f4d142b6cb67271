import CBlosc

/// How pieces are held: as they are where memory allows, else compressed quickly, by LZ4 behind a
/// byte shuffle.
struct HoldCodec: Hashable {
  let elementByteCount: Int
  let isPlain: Bool

  /// The most bytes that `byteCount` can become.
  func capacity(_ byteCount: Int) -> Int {
    isPlain ? byteCount : byteCount + Int(BLOSC_MAX_OVERHEAD)
  }

  /// - Precondition: not ``isPlain``, and `target` has ``capacity(_:)`` bytes.
  func compress(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(HoldError) -> Int {
    precondition(!isPlain, "plain pieces aren't compressed")
    let count = blosc_compress_ctx(
      5, elementByteCount > 1 ? BLOSC_SHUFFLE : BLOSC_NOSHUFFLE, elementByteCount, source.count,
      source.baseAddress, target.baseAddress, target.count, "lz4", source.count, 1)
    guard count > 0 else { throw HoldError(code: count) }
    return Int(count)
  }

  /// A piece's bytes: in place, or decompressed into `buffer`.
  ///
  /// - Precondition: `buffer` has room for `byteCount`.
  func bytes(
    _ held: UnsafeRawBufferPointer, byteCount: Int, buffer: UnsafeMutableRawBufferPointer
  ) throws(HoldError) -> UnsafeRawBufferPointer {
    if isPlain { return held }
    let count = blosc_decompress_ctx(held.baseAddress, buffer.baseAddress, byteCount, 1)
    guard Int(count) == byteCount else { throw HoldError(code: count) }
    return UnsafeRawBufferPointer(rebasing: buffer[..<byteCount])
  }
}

/// blosc failed on data of our own: memory or disk is damaged.
struct HoldError: Error, Hashable, CustomStringConvertible {
  let code: Int32

  var description: String { "held data can't be read back (blosc \(code)): damaged memory or disk" }
}
