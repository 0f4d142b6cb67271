/// A codec from bytes to bytes: what follows the array's elements in a chunk's codec chain.
///
/// Sizes in encoded bytes are claims. A codec gets the most bytes that the array's metadata lets
/// a chunk have, and refuses what would be more before it reserves memory for it.
public protocol BytesCodec: Sendable {
  /// As in Zarr v3 metadata; v2 where v3 has none.
  static var name: String { get }

  /// - Parameter limit: The most bytes the result may have.
  func decode(
    _ bytes: UnsafeRawBufferPointer, limit: Int
  ) throws(CodecError) -> DecodedBytes

  /// How many bytes an encoded value of `byteCount` bytes has.
  func encodedSize(of byteCount: Int) -> EncodedSize
}

/// What a codec made of encoded bytes.
public enum DecodedBytes {
  case bytes([UInt8])
  /// A part of the input, unchanged: no copy is needed.
  case part(Range<Int>)
}

/// The size of an encoded value.
public enum EncodedSize: Hashable, Sendable {
  case exactly(Int)
  case atMost(Int)

  public var limit: Int {
    switch self {
    case .exactly(let count), .atMost(let count): count
    }
  }
}

/// Why bytes can't be encoded or decoded.
public enum CodecError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The bytes are too few even for the codec's own header or checksum.
  case tooShort(codec: String, byteCount: Int)
  /// The decoded value would be larger, or is smaller, than the array's metadata says.
  case sizeMismatch(codec: String, claimed: Int, expected: Int)
  case checksumMismatch(codec: String, stored: UInt32, computed: UInt32)
  /// The library that does the work refused the bytes.
  case damaged(codec: String, reason: String)
  case encodingFailed(codec: String, code: Int)

  public var description: String {
    switch self {
    case .tooShort(let codec, let count): "\(codec): \(count) bytes are too few"
    case .sizeMismatch(let codec, let claimed, let expected):
      "\(codec): decodes to \(claimed) bytes where \(expected) belong"
    case .checksumMismatch(let codec, let stored, let computed):
      "\(codec): checksum \(stored) is stored, the bytes have \(computed)"
    case .damaged(let codec, let reason): "\(codec): \(reason)"
    case .encodingFailed(let codec, let code): "\(codec): encoding failed with code \(code)"
    }
  }
}
