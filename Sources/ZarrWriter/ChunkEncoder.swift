import CF
import Storage
public import Zarr

/// Encodes the chunks of one array. One per worker: it reuses its contexts and buffers.
public final class ChunkEncoder {
  private let spec: ArraySpec
  private let stage: Stage
  private let buffer: UnsafeMutableRawBufferPointer

  private enum Stage {
    case blosc(BloscEncoder)
    case zstd(ZstdEncoder)
    case deflate(DeflateEncoder)
    case none
  }

  public init(_ spec: ArraySpec) throws(CodecError) {
    self.spec = spec
    let count = spec.chunkByteCount
    let capacity: Int
    switch spec.compressor {
    case .blosc(let name, let level, let shuffle):
      stage = .blosc(
        try BloscEncoder(
          typeSize: spec.dataType.byteCount, name: name, level: level, shuffle: shuffle))
      capacity = BloscEncoder.capacity(for: count)
    case .zstd(let level):
      stage = .zstd(try ZstdEncoder(ZstdEncoder.Parameters(level: level)))
      capacity = ZstdEncoder.capacity(for: count)
    case .gzip(let level):
      let encoder = try DeflateEncoder(spec.format == .v2 ? .zlib : .gzip, level: level)
      stage = .deflate(encoder)
      capacity = encoder.capacity(for: count)
    case .none:
      stage = .none
      capacity = 0
    }
    buffer = .allocate(byteCount: capacity, alignment: 64)
  }

  deinit { buffer.deallocate() }

  /// Encodes a chunk, ready to be stored.
  ///
  /// - Parameter chunk: The whole chunk, also at the array's edge (where what lies outside should
  ///   be the fill value), in C order, little-endian.
  public func encode(_ chunk: UnsafeRawBufferPointer) throws(CodecError) -> [UInt8] {
    precondition(chunk.count == spec.chunkByteCount, "a chunk is encoded whole")
    let encoded: UnsafeRawBufferPointer
    switch stage {
    case .blosc(let encoder):
      encoded = UnsafeRawBufferPointer(
        rebasing: buffer[..<(try encoder.encode(chunk, into: buffer))])
    case .zstd(let encoder):
      encoded = UnsafeRawBufferPointer(
        rebasing: buffer[..<(try encoder.encode(chunk, into: buffer))])
    case .deflate(let encoder):
      encoded = UnsafeRawBufferPointer(
        rebasing: buffer[..<(try encoder.encode(chunk, into: buffer))])
    case .none: encoded = chunk
    }
    guard spec.format == .v3 else { return Array(encoded) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encoded.count + 4)
    bytes.append(contentsOf: encoded)
    withUnsafeBytes(of: CRC32C.checksum(encoded).littleEndian) { bytes.append(contentsOf: $0) }
    return bytes
  }
}
