internal import Glibc

/// One cell of a grid.
public struct Pixel: Hashable, Sendable {
  /// Zero-based, along latitude.
  public let row: Int
  /// Zero-based, along longitude.
  public let column: Int

  public init(row: Int, column: Int) {
    self.row = row
    self.column = column
  }
}

/// A grid of pixels by latitude and longitude.
public struct PixelGrid: Hashable, Sendable {
  public let latitude: GridAxis
  public let longitude: GridAxis

  public init(latitude: GridAxis, longitude: GridAxis) {
    self.latitude = latitude
    self.longitude = longitude
  }

  /// The pixel nearest to a place; degrees north and east, longitudes modulo 360.
  ///
  /// - Throws: ``DrillError/outsideGrid(latitude:longitude:extent:)`` if it lies more than half a
  ///   pixel outside.
  public func nearest(latitude north: Double, longitude east: Double) throws(DrillError) -> Pixel {
    // A grid of one row or column is as thick as it is wide.
    let rowMargin = longitude.margins?.low ?? 1e-5
    let columnMargin = latitude.margins?.low ?? 1e-5
    guard let row = latitude.nearest(north, margin: rowMargin),
      let column = longitude.nearest(east, margin: columnMargin)
    else { throw .outsideGrid(latitude: north, longitude: east, extent: description) }
    return Pixel(row: row, column: column)
  }

  /// Great-circle distance from a place to a pixel's centre, in kilometres, on a sphere with the
  /// Earth's mean radius.
  public func kilometres(fromLatitude north: Double, longitude east: Double, to pixel: Pixel)
    -> Double
  {
    let radian = Double.pi / 180
    let north1 = north * radian
    let north2 = latitude.values[pixel.row] * radian
    let halfNorth = sin((north2 - north1) / 2)
    let halfEast = sin((longitude.values[pixel.column] - east) * radian / 2)
    let chord = halfNorth * halfNorth + cos(north1) * cos(north2) * halfEast * halfEast
    return 2 * 6371.0088 * asin(min(1, chord.squareRoot()))
  }

  /// Why `other` isn't this grid; `nil` if it is, to 1e-5 degree.
  func difference(from other: PixelGrid) -> String? {
    latitude.difference(from: other.latitude) ?? longitude.difference(from: other.longitude)
  }
}

extension PixelGrid: CustomStringConvertible {
  /// `latitude -69.99 … 19.99, longitude 70.01 … 189.99`
  public var description: String {
    "latitude \(Self.extent(latitude)), longitude \(Self.extent(longitude))"
  }

  private static func extent(_ axis: GridAxis) -> String {
    let (first, last) = (axis.text(0), axis.text(axis.count - 1))
    let rises = axis.kind == .longitude || axis.extent.first <= axis.extent.last
    return axis.count == 1 ? first : rises ? "\(first) … \(last)" : "\(last) … \(first)"
  }
}
