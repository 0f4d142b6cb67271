import CF
import NetCDF
import Storage
import ZarrWriter

/// One granule's part of a variable: which of its steps go where, and how to read its tiles.
struct VariableSource: Sendable {
  let reader: TileReader
  let location: String
  /// Steps of the granule that are wanted, with their position in the store.
  let positions: [Int: Int]
  let source: StepSource
  let hasTimeDimension: Bool
  /// How many leading dimensions the layout has that the variable doesn't.
  let padding: Int
  /// Whether reading doesn't wait for a network.
  let isLocal: Bool

  /// - Parameter positions: Steps of the granule that are wanted, with their position in the store.
  /// - Returns: `nil` if the granule doesn't have the variable.
  init?(
    _ plan: ArrayPlan, _ member: StackMember, positions: [Int: Int], parser: GranuleParser
  ) async throws {
    guard let variable = member.variable(plan.spec.path), let packing = variable.packing else {
      return nil
    }
    reader = try await parser.tiles(of: variable, in: member.granule, from: member.source)
    location = member.source.location
    self.positions = positions
    source = StepSource(
      packing: plan.variable.treatment == .unpack ? packing.explicit : packing,
      fill: packing.missing.first.map {
        FillPattern(bits: $0, elementByteCount: packing.packedType.byteCount)
      })
    hasTimeDimension = plan.variable.source.hasTimeDimension
    padding = plan.layout.padding
    isLocal = member.source.store.localPath(of: member.source.key) != nil
  }

  /// Tile shape without time, as many dimensions as the layout.
  var tileShape: [Int] { spatial(reader.variable.layout.tileShape) }

  private var gridShape: [Int] { spatial(reader.gridShape) }

  private func spatial(_ extents: [Int]) -> [Int] {
    Array(repeating: 1, count: padding) + extents.dropFirst(hasTimeDimension ? 1 : 0)
  }

  /// How many steps a tile holds.
  var stepsPerTile: Int { hasTimeDimension ? reader.variable.layout.tileShape[0] : 1 }

  /// The tiles of wanted steps that lie in a column, in C order.
  func tiles(in column: [Range<Int>]) -> [Int] {
    let grid = gridShape
    let cells = zip(column, tileShape).map { range, extent in
      range.lowerBound / extent..<(range.upperBound + extent - 1) / extent
    }
    let times = Set(positions.keys.map { $0 / stepsPerTile }).sorted()
    let cellCount = grid.reduce(1, *)
    let inSpace = regions(of: cells.map { _ in 1 }, within: cells).map { cell in
      zip(cell, grid).reduce(0) { $0 * $1.1 + $1.0.lowerBound }
    }
    return times.flatMap { time in inSpace.map { time * cellCount + $0 } }
  }

  /// A tile's first step, and its first element in space.
  func origin(of tile: Int) -> (step: Int, space: [Int]) {
    let grid = gridShape
    let shape = tileShape
    var rest = tile
    var origin = grid
    for axis in grid.indices.reversed() {
      origin[axis] = rest % grid[axis] * shape[axis]
      rest /= grid[axis]
    }
    return (rest * stepsPerTile, origin)
  }
}

extension Packing {
  /// The same packing with its scale and offset written out, so that it can be unpacked.
  fileprivate var explicit: Packing {
    Packing(
      packedType: packedType, scaleFactor: scaleFactor ?? 1, addOffset: addOffset ?? 0,
      missing: missing)
  }
}
