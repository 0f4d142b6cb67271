import CBlosc

/// Blosc 1: shuffle and a fast compressor in one.
///
/// Source: Zarr v3 codecs, "blosc"; c-blosc, README_CHUNK_FORMAT.
public struct Blosc: BytesCodec {
  public static let name = "blosc"

  public init() {}

  public func encodedSize(of byteCount: Int) -> EncodedSize {
    // Other writers of the format may split a chunk into many blocks, each with its own header.
    .atMost(byteCount + byteCount / 4 + 4096)
  }

  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    var claimed = 0
    guard bytes.count >= Int(BLOSC_MIN_HEADER_LENGTH), let base = bytes.baseAddress else {
      throw .tooShort(codec: Self.name, byteCount: bytes.count)
    }
    guard blosc_cbuffer_validate(base, bytes.count, &claimed) == 0 else {
      throw .damaged(codec: Self.name, reason: "the header doesn't fit the \(bytes.count) bytes")
    }
    guard claimed <= limit else {
      throw .sizeMismatch(codec: Self.name, claimed: claimed, expected: limit)
    }
    var status: CInt = 0
    let plain = [UInt8](unsafeUninitializedCapacity: claimed) { buffer, count in
      guard claimed > 0 else { return }
      status = blosc_decompress_ctx(base, buffer.baseAddress, claimed, 1)
      count = status == claimed ? claimed : 0
    }
    guard status == claimed else {
      throw .damaged(codec: Self.name, reason: "decompression failed with code \(status)")
    }
    return .bytes(plain)
  }

  /// The most bytes ``encode(_:typeSize:name:level:shuffle:into:)`` may need.
  package static func capacity(for byteCount: Int) -> Int {
    byteCount + Int(BLOSC_MAX_OVERHEAD)
  }

  /// The largest value blosc 1 can hold.
  package static let maximumByteCount = Int(CInt.max - BLOSC_MAX_OVERHEAD)

  /// Encodes bytes as one block: with zstd twice as fast as blosc's automatic size, and smaller.
  ///
  /// - Parameters:
  ///   - typeSize: Bytes per element, for the shuffle.
  ///   - buffer: At least ``capacity(for:)`` bytes.
  /// - Returns: How many bytes of `buffer` were filled.
  package static func encode(
    _ bytes: UnsafeRawBufferPointer, typeSize: Int, name: BloscName, level: Int,
    shuffle: BloscShuffle, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    // The context interface heeds no BLOSC_… environment variable, and no other thread.
    let status = blosc_compress_ctx(
      CInt(level), CInt(shuffle.rawValue), typeSize, bytes.count, bytes.baseAddress,
      buffer.baseAddress, buffer.count, name.rawValue, bytes.count, 1)
    guard status > 0 else { throw .encodingFailed(codec: Self.name, code: Int(status)) }
    return Int(status)
  }
}
