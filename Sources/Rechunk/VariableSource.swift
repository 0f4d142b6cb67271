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
  /// Tile shape without time, as many dimensions as the layout.
  let tileShape: [Int]
  private let gridShape: [Int]
  /// How many steps a tile holds.
  let stepsPerTile: Int
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
    let hasTime = plan.variable.source.hasTimeDimension
    func spatial(_ extents: [Int]) -> [Int] {
      Array(repeating: 1, count: plan.layout.padding) + extents.dropFirst(hasTime ? 1 : 0)
    }
    tileShape = spatial(variable.layout.tileShape)
    gridShape = spatial(reader.gridShape)
    stepsPerTile = hasTime ? variable.layout.tileShape[0] : 1
    isLocal = member.source.store.localPath(of: member.source.key) != nil
  }

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
    var rest = tile
    var origin = gridShape
    for axis in origin.indices.reversed() {
      origin[axis] = rest % gridShape[axis] * tileShape[axis]
      rest /= gridShape[axis]
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
