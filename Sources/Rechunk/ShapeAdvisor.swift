import Foundation

/// Chooses the shapes of chunks and shards for drilling.
///
/// A chunk holds all time steps of some pixels, about 450 kB decoded for a year at the stack's
/// cadence: for daily data 25×25 of two bytes, 15×20 of four. A shard is as large as the regions
/// that all stored tiles of the source share, where that is a sensible size.
struct ShapeAdvisor {
  /// Time steps in a full year at the stack's cadence.
  let stepsPerYear: Int

  private static let chunkByteCount = 450_000
  private static let edges = [
    1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 16, 20, 25, 30, 32, 40, 50, 60, 64, 75, 80, 100, 125, 150, 160,
    200, 250,
  ]
  /// Shards are no longer than this along a dimension: about 50 MB stored for a year.
  private static let longestShard = 1000

  init(cadenceSeconds: Double?) {
    let year = 365.25 * 86_400
    stepsPerYear = max(1, Int((year / (cadenceSeconds ?? 86_400)).rounded()))
  }

  /// The extents of a chunk in space: near the target, near a square, and so that shards can be
  /// what all tiles share.
  ///
  /// Twice as much data as the target are as bad as half of it, or as one dimension that doesn't
  /// fit the tiles. The sides' ratio counts for a tenth of that, and is 4 at most. Of two shapes
  /// that are equally good the wider one is taken.
  ///
  /// - Parameters:
  ///   - elementByteCount: Of the stored type. One byte counts as two, so that flags are cut as the
  ///     packed numbers beside them.
  ///   - shape: Of the array in space, its last two dimensions at most.
  ///   - tiles: The shapes of stored tiles, of all eras, in the same dimensions.
  ///   - shard: The extents of shards that were asked for, in the same dimensions; 0 where any will
  ///     do. Then chunks fit them rather than tiles.
  func chunk(
    elementByteCount: Int, shape: [Int], tiles: [[Int]], shard: [Int]? = nil
  ) -> [Int] {
    let target = Double(Self.chunkByteCount) / Double(max(2, elementByteCount) * stepsPerYear)
    let missing = Array(repeating: 1, count: 2 - shape.count)
    let asked = shard.map { missing + $0 }
    let shared = (missing + shape).enumerated().map { axis, length in
      length <= Self.longestShard
        ? 0 : Self.shared(length, tiles.map { $0[axis - missing.count] })
    }
    func cost(_ height: Int, _ width: Int) -> Double {
      let edges = [height, width]
      let misfits = edges.indices.count { axis in
        if let asked { return asked[axis] % edges[axis] != 0 }
        return shared[axis] % edges[axis] != 0 && edges[axis] % shared[axis] != 0
      }
      return abs(log2(Double(height * width) / target))
        + abs(log2(Double(height) / Double(width))) / 10 + Double(misfits)
    }
    var best = (cost: Double.infinity, chunk: [1, 1])
    for height in Self.edges {
      for width in Self.edges where max(height, width) <= 4 * min(height, width) {
        let cost = cost(height, width)
        // Ties differ by rounding.
        if cost < best.cost - 1e-9 { best = (cost, [height, width]) }
      }
    }
    return Array(best.chunk.suffix(shape.count))
  }

  /// A shard's extent along one dimension.
  ///
  /// - Parameters:
  ///   - length: The array's length there.
  ///   - chunk: The chunk's extent; the result is a multiple of it.
  ///   - tiles: The extents of stored tiles, of all eras.
  func shardExtent(length: Int, chunk: Int, tiles: [Int]) -> Int {
    let whole = (length + chunk - 1) / chunk * chunk
    guard whole > Self.longestShard else { return whole }
    let shared = Self.shared(length, tiles)
    if shared % chunk == 0, shared <= Self.longestShard {
      // As many shared regions as fit, preferring a count that divides the array.
      let most = Self.longestShard / shared
      let count = (1...most).last { length % (shared * $0) == 0 } ?? most
      return shared * count
    }
    let most = Self.longestShard / chunk
    let chunksPerRegion = shared % chunk == 0 ? shared / chunk : whole / chunk
    let dividing = (most / 2...most).last { chunksPerRegion % $0 == 0 }
    return (dividing ?? most) * chunk
  }

  /// The longest extent whose multiples are the borders of all tiles, or of the array.
  private static func shared(_ length: Int, _ tiles: [Int]) -> Int {
    tiles.map { min($0, length) }.reduce(0, greatestCommonDivisor)
  }
}

func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
  var (left, right) = (left, right)
  while right != 0 { (left, right) = (right, left % right) }
  return left
}

/// The least common multiple, or `limit` if it is larger.
func leastCommonMultiple(_ numbers: [Int], limit: Int) -> Int {
  numbers.reduce(1) { result, number in
    guard result < limit else { return limit }
    let (product, overflow) = (result / greatestCommonDivisor(result, number))
      .multipliedReportingOverflow(by: number)
    return overflow ? limit : min(product, limit)
  }
}
