import CDeflate

/// The two wrappers of deflate that Zarr stores use.
public enum DeflateFormat: Hashable, Sendable {
  /// RFC 1952; Zarr v3 `gzip`.
  case gzip
  /// RFC 1950; Zarr v2 `zlib`, and HDF5's deflate filter.
  case zlib

  var name: String { self == .gzip ? "gzip" : "zlib" }
}

public struct GZip: BytesCodec {
  public static let name = "gzip"

  public init() {}

  public func encodedSize(of byteCount: Int) -> EncodedSize { deflateBound(byteCount) }

  /// Reads one member or several in a row.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    var plain: [UInt8] = []
    var rest = bytes
    repeat {
      let (member, consumed) = try inflate(rest, .gzip, limit: limit - plain.count)
      if plain.isEmpty { plain = member } else { plain += member }
      rest = UnsafeRawBufferPointer(rebasing: rest[consumed...])
    } while !rest.isEmpty
    return .bytes(plain)
  }
}

public struct ZLib: BytesCodec {
  public static let name = "zlib"

  public init() {}

  public func encodedSize(of byteCount: Int) -> EncodedSize { deflateBound(byteCount) }

  /// Bytes after the stream are passed over, as Python's zlib does: references to HDF5 chunks
  /// may still have the four of a checksum there. The stream has a checksum of its own.
  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    .bytes(try inflate(bytes, .zlib, limit: limit).plain)
  }
}

/// Deflate's stored blocks cost 5 bytes in 65,535; writers with small buffers cost more.
private func deflateBound(_ byteCount: Int) -> EncodedSize {
  .atMost(byteCount + byteCount / 4 + 4096)
}

private func inflate(
  _ bytes: UnsafeRawBufferPointer, _ format: DeflateFormat, limit: Int
) throws(CodecError) -> (plain: [UInt8], consumed: Int) {
  guard let decompressor = libdeflate_alloc_decompressor() else {
    throw .damaged(codec: format.name, reason: "no memory for a decompressor")
  }
  defer { libdeflate_free_decompressor(decompressor) }
  var consumed = 0
  var result = LIBDEFLATE_BAD_DATA
  let plain = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
    var filled = 0
    result =
      switch format {
      case .gzip:
        libdeflate_gzip_decompress_ex(
          decompressor, bytes.baseAddress, bytes.count, buffer.baseAddress, limit, &consumed,
          &filled)
      case .zlib:
        libdeflate_zlib_decompress_ex(
          decompressor, bytes.baseAddress, bytes.count, buffer.baseAddress, limit, &consumed,
          &filled)
      }
    count = result == LIBDEFLATE_SUCCESS ? filled : 0
  }
  switch result {
  case LIBDEFLATE_SUCCESS: return (plain, consumed)
  case LIBDEFLATE_INSUFFICIENT_SPACE:
    throw .sizeMismatch(codec: format.name, claimed: limit + 1, expected: limit)
  default: throw .damaged(codec: format.name, reason: "the stream is broken")
  }
}

/// Writes gzip or zlib streams, reusing one context; not for two threads at once. The same bytes
/// always give the same stream: no time, no name.
package final class DeflateEncoder {
  private let compressor: OpaquePointer
  private let format: DeflateFormat

  /// - Parameter level: 0 to 9.
  package init(_ format: DeflateFormat, level: Int) throws(CodecError) {
    guard let compressor = libdeflate_alloc_compressor(CInt(level)) else {
      throw .encodingFailed(codec: format.name, code: level)
    }
    self.compressor = compressor
    self.format = format
  }

  deinit { libdeflate_free_compressor(compressor) }

  package func capacity(for byteCount: Int) -> Int {
    switch format {
    case .gzip: libdeflate_gzip_compress_bound(compressor, byteCount)
    case .zlib: libdeflate_zlib_compress_bound(compressor, byteCount)
    }
  }

  /// - Returns: How many bytes of `buffer` were filled.
  package func encode(
    _ bytes: UnsafeRawBufferPointer, into buffer: UnsafeMutableRawBufferPointer
  ) throws(CodecError) -> Int {
    let count =
      switch format {
      case .gzip:
        libdeflate_gzip_compress(
          compressor, bytes.baseAddress, bytes.count, buffer.baseAddress, buffer.count)
      case .zlib:
        libdeflate_zlib_compress(
          compressor, bytes.baseAddress, bytes.count, buffer.baseAddress, buffer.count)
      }
    guard count > 0 else { throw .encodingFailed(codec: format.name, code: 0) }
    return count
  }
}
