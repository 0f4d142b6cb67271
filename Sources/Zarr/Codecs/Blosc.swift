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
    let blockByteCount = Self.blockByteCount(ofFrame: bytes)
    var decoded = 0
    let plain = [UInt8](unsafeUninitializedCapacity: claimed) { buffer, count in
      guard claimed > 0 else { return }
      decoded = Self.decode(bytes, blockByteCount: blockByteCount, into: buffer)
      count = decoded == claimed ? claimed : 0
    }
    guard decoded == claimed else {
      throw .damaged(codec: Self.name, reason: "\(decoded) of \(claimed) bytes could be decoded")
    }
    return .bytes(plain)
  }

  /// Less isn't worth another thread.
  private static let partByteCount = 1 << 16

  /// - Returns: 0 for a frame whose blocks can't be told apart.
  private static func blockByteCount(ofFrame frame: UnsafeRawBufferPointer) -> Int {
    var (plain, stored, block, typeSize, flags) = (0, 0, 0, 0, CInt(0))
    blosc_cbuffer_sizes(frame.baseAddress, &plain, &stored, &block)
    blosc_cbuffer_metainfo(frame.baseAddress, &typeSize, &flags)
    let isRegular = typeSize > 0 && block % max(1, typeSize) == 0 && plain % max(1, typeSize) == 0
    return isRegular && flags & CInt(BLOSC_MEMCPYED) == 0 ? block : 0
  }

  /// Decodes a frame, a large one by several threads, which share its blocks.
  ///
  /// - Parameter blockByteCount: 0 if blocks can't be told apart.
  /// - Returns: How many bytes were decoded, without those of blocks that couldn't be.
  private static func decode(
    _ frame: UnsafeRawBufferPointer, blockByteCount: Int,
    into buffer: UnsafeMutableBufferPointer<UInt8>
  ) -> Int {
    nonisolated(unsafe) let (frame, target) = (frame, UnsafeMutableRawBufferPointer(buffer))
    let byteCount = buffer.count
    let perPart = (partByteCount + blockByteCount - 1) / max(1, blockByteCount) * blockByteCount
    let partCount = perPart > 0 ? (byteCount + perPart - 1) / perPart : 1
    nonisolated(unsafe) let blocks = BloscZstdBlocks(
      frame, byteCount: byteCount, blockByteCount: blockByteCount)
    if partCount == 1, blocks == nil {
      return Int(blosc_decompress_ctx(frame.baseAddress, target.baseAddress, byteCount, 1))
    }
    let typeSize = Int(frame[3])
    let total = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: partCount) { index in
      let part = index * perPart..<min((index + 1) * perPart, byteCount)
      guard let room = target.baseAddress?.advanced(by: part.lowerBound) else { return }
      let isDecoded =
        if let blocks {
          blocks.decode(part, into: room)
        } else {
          Int(
            blosc_getitem(
              frame.baseAddress, CInt(part.lowerBound / typeSize), CInt(part.count / typeSize),
              room)) == part.count
        }
      if isDecoded { total.wrappingAdd(part.count, ordering: .relaxed) }
    }
    return total.load(ordering: .relaxed)
  }

  /// The largest value blosc 1 can hold.
  package static let maximumByteCount = Int(CInt.max - BLOSC_MAX_OVERHEAD)
}
