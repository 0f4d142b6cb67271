import Storage

/// CRC-32C after the bytes it protects, little-endian.
///
/// Source: Zarr v3 codecs, "crc32c".
public struct CRC32CCodec: BytesCodec {
  public static let name = "crc32c"

  public init() {}

  public func encodedSize(of byteCount: Int) -> EncodedSize { .exactly(byteCount + 4) }

  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    let (value, stored) = try splitChecksum(bytes, codec: Self.name)
    let computed = CRC32C.checksum(value)
    guard stored == computed else {
      throw .checksumMismatch(codec: Self.name, stored: stored, computed: computed)
    }
    return .part(0..<value.count)
  }
}

/// HDF5's Fletcher checksum after the bytes it protects, as numcodecs reads and writes it.
///
/// Source: HDF5, `H5_checksum_fletcher32`.
public struct Fletcher32: BytesCodec {
  public static let name = "fletcher32"

  public init() {}

  public func encodedSize(of byteCount: Int) -> EncodedSize { .exactly(byteCount + 4) }

  public func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes {
    let (value, stored) = try splitChecksum(bytes, codec: Self.name)
    let computed = Self.checksum(value)
    guard stored == computed else {
      throw .checksumMismatch(codec: Self.name, stored: stored, computed: computed)
    }
    return .part(0..<value.count)
  }

  /// Sums of big-endian 16-bit words, modulo 65,535; an odd last byte is the high one of a word.
  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var low: UInt32 = 0
    var high: UInt32 = 0
    var index = 0
    let words = bytes.count / 2
    while index < words {
      // 360 words keep both sums within 32 bits.
      let end = min(index + 360, words)
      while index < end {
        low += UInt32(bytes[index * 2]) << 8 | UInt32(bytes[index * 2 + 1])
        high += low
        index += 1
      }
      low = (low & 0xFFFF) + (low >> 16)
      high = (high & 0xFFFF) + (high >> 16)
    }
    if bytes.count % 2 == 1, let last = bytes.last {
      low += UInt32(last) << 8
      high += low
      low = (low & 0xFFFF) + (low >> 16)
      high = (high & 0xFFFF) + (high >> 16)
    }
    low = (low & 0xFFFF) + (low >> 16)
    high = (high & 0xFFFF) + (high >> 16)
    return high << 16 | low
  }
}

private func splitChecksum(
  _ bytes: UnsafeRawBufferPointer, codec: String
) throws(CodecError) -> (value: UnsafeRawBufferPointer, checksum: UInt32) {
  guard bytes.count >= 4 else { throw .tooShort(codec: codec, byteCount: bytes.count) }
  let end = bytes.count - 4
  let stored = bytes.loadUnaligned(fromByteOffset: end, as: UInt32.self)
  return (UnsafeRawBufferPointer(rebasing: bytes[..<end]), UInt32(littleEndian: stored))
}
