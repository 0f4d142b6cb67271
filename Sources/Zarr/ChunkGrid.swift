/// The regular tiling of an array by chunks of one shape.
///
/// - Invariant: both shapes have the same rank; rank 0 (a scalar) has exactly one chunk.
/// - Invariant: extents count elements, not bytes; those of `chunkShape` are at least 1.
///
/// Source: Zarr v3 core, "Regular grids".
public struct ChunkGrid: Hashable, Sendable {
  public let arrayShape: [Int]
  public let chunkShape: [Int]

  public init(arrayShape: [Int], chunkShape: [Int]) throws(ChunkGridError) {
    guard arrayShape.count == chunkShape.count else {
      throw .rankMismatch(array: arrayShape.count, chunk: chunkShape.count)
    }
    if let axis = arrayShape.firstIndex(where: { $0 < 0 }) { throw .negativeExtent(axis: axis) }
    if let axis = chunkShape.firstIndex(where: { $0 < 1 }) { throw .emptyChunk(axis: axis) }
    self.arrayShape = arrayShape
    self.chunkShape = chunkShape
  }

  /// The number of chunks along each dimension.
  public var shape: [Int] {
    zip(arrayShape, chunkShape).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }
  }

  /// The elements a chunk holds: one range per dimension, clipped to the array.
  ///
  /// - Precondition: `chunk` lies in the grid.
  public func region(ofChunk chunk: [Int]) -> [Range<Int>] {
    let shape = shape
    precondition(chunk.count == shape.count, "one coordinate per dimension")
    precondition(zip(chunk, shape).allSatisfy { (0..<$1).contains($0) }, "chunk outside the grid")
    return chunk.indices.map { axis in
      let start = chunk[axis] * chunkShape[axis]
      return start..<start + min(chunkShape[axis], arrayShape[axis] - start)
    }
  }

  /// The chunks that hold an element of a region, in C order; none for an empty region.
  ///
  /// - Precondition: `region` lies in the array.
  public func chunks(covering region: [Range<Int>]) -> [[Int]] {
    precondition(region.count == arrayShape.count, "one range per dimension")
    precondition(
      zip(region, arrayShape).allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= $1 },
      "region outside the array")
    guard region.allSatisfy({ !$0.isEmpty }) else { return [] }
    let ranges = zip(region, chunkShape).map { range, extent in
      range.lowerBound / extent..<(range.upperBound - 1) / extent + 1
    }
    return Self.coordinates(in: ranges)
  }

  /// All chunks, in C order.
  public var chunks: [[Int]] { Self.coordinates(in: shape.map { 0..<$0 }) }

  /// Every point of a box in C order: the last dimension runs fastest. One point at rank 0.
  static func coordinates(in ranges: [Range<Int>]) -> [[Int]] {
    var points: [[Int]] = [[]]
    for range in ranges {
      points = points.flatMap { point in range.map { point + [$0] } }
    }
    return points
  }
}

/// Why two shapes make no chunk grid.
public enum ChunkGridError: Error, Hashable, Sendable, CustomStringConvertible {
  case rankMismatch(array: Int, chunk: Int)
  case negativeExtent(axis: Int)
  case emptyChunk(axis: Int)

  public var description: String {
    switch self {
    case .rankMismatch(let array, let chunk):
      "the array has \(array) dimensions, the chunk shape \(chunk)"
    case .negativeExtent(let axis): "the array's extent along dimension \(axis) is negative"
    case .emptyChunk(let axis): "the chunk's extent along dimension \(axis) is less than 1"
    }
  }
}
