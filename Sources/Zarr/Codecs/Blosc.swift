import CBlosc
internal import Dispatch
internal import Synchronization

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
    let parts = Self.parts(of: bytes, byteCount: claimed)
    var status: CInt = 0
    let plain = [UInt8](unsafeUninitializedCapacity: claimed) { buffer, count in
      guard claimed > 0 else { return }
      status =
        if parts.count < 2 {
          blosc_decompress_ctx(base, buffer.baseAddress, claimed, 1)
        } else { Self.decode(parts, of: base, into: buffer) }
      count = status == claimed ? claimed : 0
    }
    guard status == claimed else {
      throw .damaged(codec: Self.name, reason: "decompression failed with code \(status)")
    }
    return .bytes(plain)
  }

  /// Elements of a frame that can be decoded apart from others.
  private struct Part {
    let elements: Range<Int>
    let byteOffset: Int
  }

  /// Less isn't worth another thread.
  private static let partByteCount = 1 << 18

  /// Splits a large frame, between its blocks, for several threads.
  ///
  /// - Returns: An empty list if it is best decoded at once.
  private static func parts(of frame: UnsafeRawBufferPointer, byteCount: Int) -> [Part] {
    var blockByteCount = 0
    var (plain, stored, typeSize, flags) = (0, 0, 0, CInt(0))
    blosc_cbuffer_sizes(frame.baseAddress, &plain, &stored, &blockByteCount)
    blosc_cbuffer_metainfo(frame.baseAddress, &typeSize, &flags)
    guard typeSize > 0, blockByteCount > 0, blockByteCount % typeSize == 0,
      byteCount % typeSize == 0, flags & CInt(BLOSC_MEMCPYED) == 0
    else { return [] }
    let perPart = max(1, (partByteCount + blockByteCount - 1) / blockByteCount) * blockByteCount
    return stride(from: 0, to: byteCount, by: perPart).map { start in
      let end = min(start + perPart, byteCount)
      return Part(elements: start / typeSize..<end / typeSize, byteOffset: start)
    }
  }

  /// - Returns: How many bytes were decoded, without those of parts that couldn't be.
  private static func decode(
    _ parts: [Part], of frame: UnsafeRawPointer, into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> CInt {
    nonisolated(unsafe) let (frame, target) = (frame, buffer)
    let total = Atomic<CInt>(0)
    DispatchQueue.concurrentPerform(iterations: parts.count) { index in
      let part = parts[index]
      let status = blosc_getitem(
        frame, CInt(part.elements.lowerBound), CInt(part.elements.count),
        target.baseAddress?.advanced(by: part.byteOffset))
      if status > 0 { total.wrappingAdd(status, ordering: .relaxed) }
    }
    return total.load(ordering: .relaxed)
  }

  /// The most bytes ``encode(_:typeSize:name:level:shuffle:into:)`` may need.
  package static func capacity(for byteCount: Int) -> Int {
    byteCount + Int(BLOSC_MAX_OVERHEAD)
  }

  /// The largest value blosc 1 can hold.
  package static let maximumByteCount = Int(CInt.max - BLOSC_MAX_OVERHEAD)

  /// Encodes bytes in blocks of half a mebibyte, or in one: with zstd twice as fast as blosc's
  /// automatic size, and smaller. Several blocks can be decoded at once.
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
      buffer.baseAddress, buffer.count, name.rawValue,
      blockByteCount(for: bytes.count, typeSize: typeSize, shuffle), 1)
    guard status > 0 else { throw .encodingFailed(codec: Self.name, code: Int(status)) }
    return Int(status)
  }

  /// Equal blocks but for the last. Those of a bit shuffle are of whole groups of eight elements:
  /// blosc leaves others as they are.
  private static func blockByteCount(
    for byteCount: Int, typeSize: Int, _ shuffle: BloscShuffle
  ) -> Int {
    let blocks = (byteCount + (1 << 19) - 1) >> 19
    let group = 8 * typeSize
    if blocks > 1 { return (byteCount / blocks + group) / group * group }
    return shuffle == .bit && byteCount > group ? byteCount / group * group : byteCount
  }
}
