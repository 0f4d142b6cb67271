import CF
import Zarr

/// The chunk and shard shapes of one variable, without time: as asked for, or advised.
struct ChunkShapes {
  let chunk: [Int]
  let shard: [Int]

  /// Extents asked for apply to the last dimensions; all before them are 1.
  init(
    _ treated: TreatedVariable, options: ConversionOptions, advisor: ShapeAdvisor
  ) throws(ShapeError) {
    let variable = treated.source
    let shape = variable.shape
    let first = max(0, shape.count - 2)
    func extent(_ asked: [Int]?, _ axis: Int, advised: Int) -> Int {
      guard axis >= first else { return 1 }
      guard let asked else { return advised }
      return asked[min(axis - first + max(0, asked.count - (shape.count - first)), asked.count - 1)]
    }
    // One that reaches as far as the array can be rounded up.
    let asked = options.shard.map { shard in
      (first..<shape.count).map { axis in
        let extent = extent(shard, axis, advised: 0)
        return extent < shape[axis] ? extent : 0
      }
    }
    let advised = advisor.chunk(for: treated, shard: asked)
    let chunk = shape.indices.map { axis in
      let advised = axis < first ? 1 : advised[axis - first]
      return max(1, min(extent(options.chunk, axis, advised: advised), shape[axis]))
    }
    self.chunk = chunk
    var shard: [Int] = []
    for axis in shape.indices {
      let advised =
        axis < first
        ? 1
        : advisor.shardExtent(
          length: shape[axis], chunk: chunk[axis], tiles: variable.tileShapes.map { $0[axis] })
      let extent = extent(options.shard, axis, advised: advised)
      let whole = (shape[axis] + chunk[axis] - 1) / chunk[axis] * chunk[axis]
      guard extent >= shape[axis] || extent % chunk[axis] == 0 else {
        throw .shardNotWholeChunks(
          variable: variable.name, shard: extent, chunk: chunk[axis],
          suggestion: max(1, extent / chunk[axis]) * chunk[axis])
      }
      shard.append(extent >= shape[axis] ? whole : extent)
    }
    self.shard = shard
  }
}

extension ShapeAdvisor {
  /// The advised extents of a variable's chunks along its last two dimensions.
  ///
  /// - Parameter shard: The extents of shards that were asked for; 0 where any will do.
  func chunk(for variable: TreatedVariable, shard: [Int]? = nil) -> [Int] {
    chunk(
      elementByteCount: variable.type.byteCount, shape: Array(variable.source.shape.suffix(2)),
      tiles: variable.source.tileShapes.map { Array($0.suffix(2)) }, shard: shard)
  }
}

/// Shapes that were asked for and can't be had.
public enum ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  case shardNotWholeChunks(variable: String, shard: Int, chunk: Int, suggestion: Int)
  case chunkTooLarge(variable: String, byteCount: Int)

  public var description: String {
    switch self {
    case .shardNotWholeChunks(let variable, let shard, let chunk, let suggestion):
      "\(variable): a shard of \(shard) isn't a whole number of chunks of \(chunk); "
        + "\(suggestion) would be"
    case .chunkTooLarge(let variable, let byteCount):
      "\(variable): a chunk would have \(ByteCount.text(byteCount)); codecs end at 2 GiB: give a "
        + "smaller --chunk"
    }
  }
}
