import CZstd

/// Source: Zarr v3 extensions, "zstd"; RFC 8878.
public struct Zstd: BytesCodec {
  public static let name = "zstd"

  public init() {}

  public func encodedSize(of byteCount: Int) -> EncodedSize {
    .atMost(ZSTD_compressBound(byteCount) + 4096)
  }

  /// Reads one frame or several, with or without their content's size.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    let claimed = ZSTD_getFrameContentSize(bytes.baseAddress, bytes.count)
    // The two largest values mean "unknown" and "error".
    if claimed < UInt64.max - 1, claimed > UInt64(limit) {
      throw .sizeMismatch(
        codec: Self.name, claimed: Int(clamping: claimed), expected: limit)
    }
    var status = 0
    let plain = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      status = ZSTD_decompress(buffer.baseAddress, limit, bytes.baseAddress, bytes.count)
      count = ZSTD_isError(status) == 0 ? status : 0
    }
    guard ZSTD_isError(status) == 0 else {
      throw .damaged(codec: Self.name, reason: String(cString: ZSTD_getErrorName(status)))
    }
    return .bytes(plain)
  }
}

/// Writes zstd frames, reusing one context; not for two threads at once.
package final class ZstdEncoder {
  private let context: OpaquePointer
  private let level: Int

  package init(level: Int) throws(CodecError) {
    guard let context = ZSTD_createCCtx() else {
      throw .encodingFailed(codec: Zstd.name, code: 0)
    }
    self.context = context
    self.level = level
  }

  deinit { ZSTD_freeCCtx(context) }

  package static func capacity(for byteCount: Int) -> Int { ZSTD_compressBound(byteCount) }

  /// Writes one frame, which states the size of its content: some readers can't do without.
  ///
  /// - Returns: How many bytes of `buffer` were filled.
  package func encode(
    _ bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    let status = ZSTD_compressCCtx(
      context, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count, CInt(level))
    guard ZSTD_isError(status) == 0 else {
      throw .encodingFailed(codec: Zstd.name, code: Int(bitPattern: UInt(status)))
    }
    return status
  }
}
