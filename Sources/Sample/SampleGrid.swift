/// The grid of a sample stack: the archive's region at any number of rows and columns.
///
/// Latitude descends from 19.99 to -69.99 and longitude runs from 70.01 to 189.99, past 180. At
/// 4500 × 6000 the step is the archive's 0.02 degree; a smaller grid has wider steps over the same
/// region, so that a place lies in a stack of any size.
struct SampleGrid: Hashable, Sendable {
  static let fullRowCount = 4500
  static let fullColumnCount = 6000

  let rowCount: Int
  let columnCount: Int

  /// Degrees north of each row, north first.
  var latitudes: [Double] {
    Self.cells(first: 19.99, last: -69.99, count: rowCount)
  }

  /// Degrees east of each column, from 70.01 on; values above 180 aren't wrapped.
  var longitudes: [Double] {
    Self.cells(first: 70.01, last: 189.99, count: columnCount)
  }

  /// Degrees between neighbouring rows and columns; 0 where there is only one.
  var steps: (latitude: Double, longitude: Double) {
    (
      latitude: rowCount > 1 ? 89.98 / Double(rowCount - 1) : 0,
      longitude: columnCount > 1 ? 119.98 / Double(columnCount - 1) : 0
    )
  }

  private static func cells(first: Double, last: Double, count: Int) -> [Double] {
    guard count > 1 else { return [first] }
    return (0..<count).map { first + (last - first) * Double($0) / Double(count - 1) }
  }
}
