public import CF
import Storage

/// What a store says of an array, checked, and the same for both versions of the format.
public struct ArrayMetadata: Sendable {
  public let format: ZarrFormat
  public let shape: [Int]
  public let dataType: DataType
  /// What an absent chunk holds, in the low bytes; `nil` if that is undefined.
  public let fillBits: UInt64?
  /// The tiling by the chunks that are decoded at once: inner ones where the array is sharded.
  public let grid: ChunkGrid
  /// `nil`: every chunk is an object of its own.
  public let sharding: Sharding?
  /// How a chunk's elements become its stored bytes.
  public let codecs: CodecChain
  public let chunkKeyEncoding: ChunkKeyEncoding
  /// `nil` where the store doesn't name them all.
  public let dimensionNames: [String]?
  /// As stored, without `_ARRAY_DIMENSIONS`; `_FillValue` in the array's type.
  public let attributes: [Attribute]

  public var chunkShape: [Int] { grid.chunkShape }
  public var shardShape: [Int]? { sharding?.grid.chunkShape }
  /// Bytes of one decoded chunk.
  public var chunkByteCount: Int { codecs.chunkByteCount }

  /// Whether the fill value stands for a missing value, besides for chunks that are absent.
  let fillIsMissing: Bool

  /// The value that readers mask, by xarray's rule: in Zarr v2 the fill value, or else the
  /// attribute `_FillValue`; in Zarr v3 only the attribute.
  public var maskedFillBits: UInt64? {
    let attribute = attributes["_FillValue"]?.bitPatterns(as: dataType).first
    return fillIsMissing ? fillBits ?? attribute : attribute
  }

  /// How stored numbers become values, ``maskedFillBits`` among those that stand for none.
  public var packing: Packing {
    var attributes = attributes
    attributes.set("_FillValue", maskedFillBits.map(dataType.attribute(ofBits:)))
    return Packing(storedType: dataType, attributes: attributes)
  }

  /// The key of the object that holds a chunk, relative to the array, and the chunk's place in
  /// that object's index where it is a shard.
  func place(ofChunk chunk: [Int]) -> (object: [Int], index: Int?) {
    guard let sharding else { return (chunk, nil) }
    let counts = sharding.chunksPerShard
    var index = 0
    for axis in chunk.indices { index = index * counts[axis] + chunk[axis] % counts[axis] }
    return (zip(chunk, counts).map { $0 / $1 }, index)
  }
}

/// How chunks are gathered in shards.
///
/// Source: Zarr v3 codecs, "sharding_indexed".
public struct Sharding: Hashable, Sendable {
  public enum IndexLocation: String, Hashable, Sendable {
    case start, end
  }

  /// The tiling by shards.
  public let grid: ChunkGrid
  /// How many chunks a shard has along each dimension.
  public let chunksPerShard: [Int]
  public let indexLocation: IndexLocation
  public let indexByteOrder: ByteOrder
  public let indexHasChecksum: Bool

  /// Chunks in one shard; the index has as many entries.
  public var chunkCount: Int { chunksPerShard.reduce(1, *) }
  public var indexByteCount: Int { chunkCount * 16 + (indexHasChecksum ? 4 : 0) }
}

extension DataType {
  /// An attribute of this type with one number.
  func attribute(ofBits bits: UInt64) -> AttributeValue {
    isFloatingPoint ? .reals([real(bits)], self) : .integers([whole(bits)], self)
  }
}
