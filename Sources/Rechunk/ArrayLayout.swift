import Zarr

/// How one data variable is cut for rechunking. Everything here is in space: the dimensions
/// without time, `[..., y, x]`; time is never cut.
///
/// ```
/// column   what all tiles and shards fit into: read, held and written as one
/// └ shard  one object of the store
///   └ band a row of chunks within a shard, or part of it: gathered and encoded as one
///     └ chunk
/// ```
/// - Invariant: rank 2 at least: a variable with fewer dimensions has leading ones of length 1.
/// - Invariant: the tiles of every era and the shards lie each in one column; bands in one shard.
struct ArrayLayout: Hashable, Sendable {
  let shape: [Int]
  let chunk: [Int]
  let shard: [Int]
  let band: [Int]
  let column: [Int]
  /// How many leading dimensions the variable itself doesn't have.
  let padding: Int

  /// - Parameters:
  ///   - tiles: The shapes of stored tiles, of all eras.
  ///   - bandElements: How many elements of one time step a band may have; a chunk at least.
  init(shape: [Int], chunk: [Int], shard: [Int], tiles: [[Int]], bandElements: Int) {
    let padding = max(0, 2 - shape.count)
    func padded(_ extents: [Int]) -> [Int] { Array(repeating: 1, count: padding) + extents }
    self.padding = padding
    let shape = padded(shape)
    let chunk = padded(chunk)
    let shard = padded(shard)
    let tiles = tiles.map(padded)
    self.shape = shape
    self.chunk = chunk
    self.shard = shard
    let last = shape.count - 1
    let height = chunk.dropLast().reduce(1, *)
    let count = shard[last] / chunk[last]
    let fitting = (1...count).last {
      count % $0 == 0 && $0 * chunk[last] * height <= bandElements
    }
    band = chunk.dropLast() + [chunk[last] * (fitting ?? 1)]
    column = shape.indices.map { axis in
      let periods = tiles.map { min($0[axis], shape[axis]) }.filter { $0 < shape[axis] }
      let wholes = tiles.contains { $0[axis] >= shape[axis] }
      guard !wholes, shard[axis] < shape[axis] else { return shape[axis] }
      return leastCommonMultiple(periods + [shard[axis]], limit: shape[axis])
    }
  }

  /// The columns, in C order.
  var columns: [[Range<Int>]] { regions(of: column, within: shape.map { 0..<$0 }) }

  /// The shards that a column holds, in C order.
  func shards(in column: [Range<Int>]) -> [[Range<Int>]] { regions(of: shard, within: column) }

  /// The bands of a shard, in the order of its chunks.
  func bands(in shard: [Range<Int>]) -> [[Range<Int>]] { regions(of: band, within: shard) }

  var bandsInLargestColumn: Int {
    zip(column, band).map { ($0 + $1 - 1) / $1 }.reduce(1, *)
  }

  var shardCount: Int { zip(shape, shard).map { ($0 + $1 - 1) / $1 }.reduce(1, *) }

  var chunksPerBand: Int { band[band.count - 1] / chunk[chunk.count - 1] }

  /// Elements of a whole column, those at the array's edge counted as whole.
  var columnElements: Int { bandsInLargestColumn * band.reduce(1, *) }

  var chunkCount: Int { zip(shape, chunk).map { ($0 + $1 - 1) / $1 }.reduce(1, *) }
}

/// The cells of a regular tiling that lie in a box whose lower corner is on the tiling, clipped to
/// the box, in C order.
package func regions(of cell: [Int], within box: [Range<Int>]) -> [[Range<Int>]] {
  var result: [[Range<Int>]] = [[]]
  for (extent, range) in zip(cell, box) {
    let cuts = stride(from: range.lowerBound, to: range.upperBound, by: extent)
      .map { $0..<min($0 + extent, range.upperBound) }
    result = result.flatMap { prefix in cuts.map { prefix + [$0] } }
  }
  return result
}
