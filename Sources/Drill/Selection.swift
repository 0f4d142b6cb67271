/// A place on Earth that a series is wanted for.
public struct Place: Hashable, Sendable {
  /// Degrees north, -90 to 90.
  public let latitude: Double
  /// Degrees east; 360 more or less mean the same.
  public let longitude: Double
  /// What the user calls it; empty if nothing.
  public let id: String
  /// The part of the series that is wanted.
  public let window: TimeWindow

  /// - Throws: ``DrillError/badText(what:text:reason:)`` if there is no such place.
  public init(
    latitude: Double, longitude: Double, id: String = "", window: TimeWindow = .all
  ) throws(DrillError) {
    guard (-90...90).contains(latitude) else {
      throw .badText(
        what: "latitude", text: "\(latitude)", reason: "it is in degrees north, from -90 to 90")
    }
    guard (-360...720).contains(longitude) else {
      throw .badText(
        what: "longitude", text: "\(longitude)",
        reason: "it is in degrees east, from -180 to 360")
    }
    self.latitude = latitude
    self.longitude = longitude
    self.id = id
    self.window = window
  }
}

/// A rectangle in degrees. East may be less than west: then it reaches across 180 degrees.
public struct BoundingBox: Hashable, Sendable {
  public let south: Double
  public let west: Double
  public let north: Double
  public let east: Double

  /// - Throws: ``DrillError/badText(what:text:reason:)`` if south lies north of north, or a latitude
  ///   is none.
  public init(
    south: Double, west: Double, north: Double, east: Double
  ) throws(DrillError) {
    let text = "\(south),\(west),\(north),\(east)"
    guard (-90...90).contains(south), (-90...90).contains(north), south <= north else {
      throw .badText(
        what: "box", text: text,
        reason: "its form is SOUTH,WEST,NORTH,EAST, with south below north, both from -90 to 90")
    }
    guard (-360...720).contains(west), (-360...720).contains(east) else {
      throw .badText(
        what: "box", text: text, reason: "its longitudes are degrees east, from -180 to 360")
    }
    self.south = south
    self.west = west
    self.north = north
    self.east = east
  }
}

extension BoundingBox {
  /// - Parameter text: `SOUTH,WEST,NORTH,EAST`
  /// - Throws: ``DrillError/badText(what:text:reason:)``.
  public init(text: String) throws(DrillError) {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      Double(part.filter { $0 != " " })
    }
    guard numbers.count == 4, let south = numbers[0], let west = numbers[1],
      let north = numbers[2], let east = numbers[3]
    else {
      throw .badText(
        what: "box", text: text, reason: "its form is SOUTH,WEST,NORTH,EAST in degrees")
    }
    try self.init(south: south, west: west, north: north, east: east)
  }
}

/// Which pixels are wanted.
public enum Selection: Hashable, Sendable {
  /// The pixel nearest to each place.
  case places([Place])
  /// All pixels whose centres lie in the box.
  case box(BoundingBox)

  /// One series for each place, or for each pixel of the box from its first row on.
  func targets(in grid: PixelGrid) throws(DrillError) -> [TimeSeries.Target] {
    switch self {
    case .places(let places):
      var targets: [TimeSeries.Target] = []
      for place in places {
        let pixel = try grid.nearest(latitude: place.latitude, longitude: place.longitude)
        targets.append(
          TimeSeries.Target(
            pixel: pixel, latitude: grid.latitude.values[pixel.row],
            longitude: grid.longitude.values[pixel.column], place: place,
            kilometres: grid.kilometres(
              fromLatitude: place.latitude, longitude: place.longitude, to: pixel)))
      }
      return targets
    case .box(let box):
      let rows = grid.latitude.indices(from: box.south, to: box.north)
      let columns = grid.longitude.indices(from: box.west, to: box.east)
      guard !rows.isEmpty, !columns.isEmpty else {
        throw .emptyBox(extent: grid.description)
      }
      var targets: [TimeSeries.Target] = []
      targets.reserveCapacity(rows.count * columns.count)
      let (latitudes, longitudes) = (grid.latitude.values, grid.longitude.values)
      for row in rows {
        for column in columns {
          targets.append(
            TimeSeries.Target(
              pixel: Pixel(row: row, column: column), latitude: latitudes[row],
              longitude: longitudes[column], place: nil, kilometres: 0))
        }
      }
      return targets
    }
  }
}
