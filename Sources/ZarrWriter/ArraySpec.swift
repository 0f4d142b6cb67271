public import CF
public import Storage
public import Zarr

/// Everything that decides the bytes of an array: its metadata, and how its chunks are encoded.
///
/// - Invariant: all shapes have the rank of `shape`, and so has `dimensionNames`.
/// - Invariant: what readers of the format make of the fill value is what `maskFill` says.
public struct ArraySpec: Hashable, Sendable {
  /// Where the array lies in the hierarchy: `sst`, `group/sst`; empty for a store that is one
  /// array.
  public let path: String
  public let format: ZarrFormat
  public let shape: [Int]
  public let dataType: DataType
  /// What a reader decodes at once: the inner chunk where the array is sharded.
  public let chunkShape: [Int]
  /// The shape of one stored object where that holds many chunks; always `nil` for Zarr v2.
  public let shardShape: [Int]?
  public let compressor: Compressor
  /// What an absent chunk holds, in the low bytes. `nil` only in Zarr v2 (`fill_value: null`):
  /// then absent chunks are undefined, and every one must be written.
  public let fillBits: UInt64?
  public let dimensionNames: [String]
  /// Without `_FillValue`: `fillBits` and `maskFill` say it.
  public let attributes: [Attribute]
  /// Whether readers take the fill value for "no value". `false` for coordinates and flags, whose
  /// every number counts.
  ///
  /// In Zarr v3 this decides over the attribute `_FillValue`; in Zarr v2 readers mask any fill
  /// value there is, so it must be `nil` when this is `false`.
  public let maskFill: Bool

  public init(
    path: String, format: ZarrFormat, shape: [Int], dataType: DataType, chunkShape: [Int],
    shardShape: [Int]? = nil, compressor: Compressor, fillBits: UInt64?,
    dimensionNames: [String], attributes: [Attribute] = [], maskFill: Bool
  ) throws(ArraySpecError) {
    self.path = path
    self.format = format
    self.shape = shape
    self.dataType = dataType
    self.chunkShape = chunkShape
    self.shardShape = shardShape
    self.compressor = compressor
    self.fillBits = fillBits
    self.dimensionNames = dimensionNames
    self.attributes = attributes
    self.maskFill = maskFill
    do {
      grid = try ChunkGrid(arrayShape: shape, chunkShape: chunkShape)
      objectGrid = try ChunkGrid(arrayShape: shape, chunkShape: shardShape ?? chunkShape)
    } catch { throw .badGrid(path: path, error) }
    try checkNames()
    try checkSizes()
    try checkFill()
  }

  /// The tiling by chunks; by inner chunks where the array is sharded.
  public let grid: ChunkGrid
  /// The tiling by stored objects: shards, or chunks where the array isn't sharded.
  public let objectGrid: ChunkGrid

  /// Bytes of one chunk before encoding.
  public var chunkByteCount: Int { chunkShape.reduce(dataType.byteCount, *) }

  /// How many inner chunks a shard has along each dimension; ones where the array isn't sharded.
  public var chunksPerShard: [Int] {
    zip(objectGrid.chunkShape, chunkShape).map { $0 / $1 }
  }

  /// The inner chunks of a shard in the order of its index: C order. Those beyond the array's
  /// edge are among them, with coordinates outside ``grid``.
  public func chunks(inShard shard: [Int]) -> [[Int]] {
    zip(shard, chunksPerShard).reduce([[]]) { points, axis in
      let (coordinate, count) = axis
      return points.flatMap { point in
        (coordinate * count..<(coordinate + 1) * count).map { point + [$0] }
      }
    }
  }

  /// The key of a shard or unsharded chunk, relative to the store.
  ///
  /// - Precondition: `coordinates` lie in ``objectGrid``.
  public func key(ofObject coordinates: [Int]) -> StoreKey {
    precondition(
      coordinates.count == shape.count
        && zip(coordinates, objectGrid.shape).allSatisfy { (0..<$1).contains($0) },
      "object outside the grid")
    return key(chunkKeyEncoding.key(ofChunk: coordinates))
  }

  var chunkKeyEncoding: ChunkKeyEncoding {
    switch format {
    case .v2: ChunkKeyEncoding(style: .v2, separator: .dot)
    case .v3: ChunkKeyEncoding(style: .standard, separator: .slash)
    }
  }

  func key(_ name: String) -> StoreKey {
    StoreKey(literal: path.isEmpty ? name : "\(path)/\(name)")
  }
}
