public import CF
public import Zarr

extension Compressor {
  /// Chooses blosc with zstd level 1 and the shuffle that makes sample chunks smallest: by
  /// bytes, none or by bits. At a tie the one named first. The same chunks always give the same answer.
  ///
  /// - Parameter chunks: Whole chunks as the encoder gets them: little-endian.
  /// - Complexity: Encodes every chunk three times.
  public static func auto(
    sample chunks: [[UInt8]], dataType: DataType
  ) throws(CodecError) -> Compressor {
    // One-byte numbers stay as they are when they are shuffled by bytes.
    let candidates: [BloscShuffle] =
      dataType.byteCount == 1 ? [.none, .bit] : [.byte, .none, .bit]
    let capacity = BloscEncoder.capacity(for: chunks.map(\.count).max() ?? 0)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
    defer { buffer.deallocate() }
    var best = (shuffle: candidates[0], byteCount: Int.max)
    for shuffle in candidates {
      let encoder = try BloscEncoder(
        typeSize: dataType.byteCount, name: .zstd, level: 1, shuffle: shuffle)
      var byteCount = 0
      for chunk in chunks {
        byteCount += try chunk.withUnsafeBufferPointer { (chunk) throws(CodecError) in
          try encoder.encode(UnsafeRawBufferPointer(chunk), into: buffer)
        }
      }
      if byteCount < best.byteCount { best = (shuffle, byteCount) }
    }
    return .blosc(cname: .zstd, level: 1, shuffle: best.shuffle)
  }
}
