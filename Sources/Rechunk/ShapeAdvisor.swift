/// Chooses the shapes of chunks and shards for drilling.
///
/// A chunk holds all time steps of a small square of pixels, about 450 kB decoded for a year at
/// the stack's cadence (25×25 for daily int16). A shard is as large as the regions that all
/// stored tiles of the source share, where that is a sensible size.
struct ShapeAdvisor {
  /// Time steps in a full year at the stack's cadence.
  let stepsPerYear: Int

  private static let chunkByteCount = 450_000
  private static let edges = [
    1, 2, 3, 4, 5, 8, 10, 12, 16, 20, 25, 32, 40, 50, 64, 80, 100, 125, 160, 200, 250,
  ]
  /// Shards are no longer than this along a dimension: about 50 MB stored for a year.
  private static let longestShard = 1000

  init(cadenceSeconds: Double?) {
    let year = 365.25 * 86_400
    stepsPerYear = max(1, Int((year / (cadenceSeconds ?? 86_400)).rounded()))
  }

  /// The edge of a square chunk that comes nearest to the target, for elements of two bytes.
  var chunkEdge: Int {
    let ideal = (Double(Self.chunkByteCount) / Double(2 * stepsPerYear)).squareRoot()
    return Self.edges.min { abs(Double($0) - ideal) < abs(Double($1) - ideal) } ?? 25
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
    let shared = tiles.map { min($0, length) }.reduce(0, greatestCommonDivisor)
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
