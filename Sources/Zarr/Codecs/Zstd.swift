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
      status = ZstdContexts.decode(bytes, into: buffer.baseAddress, capacity: limit)
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
  /// What zstd is told; `nil` leaves it the choice that goes with the level.
  package struct Parameters: Hashable, Sendable {
    let level: Int
    /// Places of the hash table, as a power of two.
    let hashLog: Int?
    /// The shortest match that is looked for, in bytes.
    let minMatch: Int?

    package init(level: Int, hashLog: Int? = nil, minMatch: Int? = nil) {
      self.level = level
      self.hashLog = hashLog
      self.minMatch = minMatch
    }
  }

  private let context: OpaquePointer

  package init(_ parameters: Parameters) throws(CodecError) {
    guard let context = ZSTD_createCCtx() else {
      throw .encodingFailed(codec: Zstd.name, code: 0)
    }
    self.context = context
    try set(ZSTD_c_compressionLevel, parameters.level)
    if let hashLog = parameters.hashLog { try set(ZSTD_c_hashLog, hashLog) }
    if let minMatch = parameters.minMatch { try set(ZSTD_c_minMatch, minMatch) }
  }

  deinit { ZSTD_freeCCtx(context) }

  private func set(_ parameter: ZSTD_cParameter, _ value: Int) throws(CodecError) {
    let status = ZSTD_CCtx_setParameter(context, parameter, CInt(value))
    guard ZSTD_isError(status) == 0 else { throw Self.failure(status) }
  }

  private static func failure(_ status: Int) -> CodecError {
    .encodingFailed(codec: Zstd.name, code: Int(bitPattern: UInt(status)))
  }

  package static func capacity(for byteCount: Int) -> Int { ZSTD_compressBound(byteCount) }

  /// Writes one frame, which states the size of its content: some readers can't do without.
  ///
  /// - Returns: How many bytes of `buffer` were filled.
  package func encode(
    _ bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    let status = ZSTD_compress2(
      context, buffer.baseAddress, buffer.count, bytes.baseAddress, bytes.count)
    guard ZSTD_isError(status) == 0 else { throw Self.failure(status) }
    return status
  }

  /// Writes one frame if that is shorter than the bytes, which are copied else.
  ///
  /// - Parameter room: As many bytes.
  /// - Returns: How many bytes of `room` were filled: all if they were copied.
  func encodeOrCopy(
    _ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    let status = ZSTD_compress2(
      context, room.baseAddress, room.count - 1, bytes.baseAddress, bytes.count)
    if ZSTD_isError(status) == 0 { return status }
    guard ZSTD_getErrorCode(status) == ZSTD_error_dstSize_tooSmall else {
      throw Self.failure(status)
    }
    room.copyMemory(from: bytes)
    return bytes.count
  }
}
