import CF

/// What a coordinate variable labels.
enum CoordinateRole: Hashable, Sendable {
  case time(TimeUnits)
  case latitude, longitude

  /// Judges a variable by its attributes, by its name only if they don't tell.
  ///
  /// Source: CF Conventions, 4.1, 4.2 and 4.4.
  init?(name: String, attributes: [Attribute]) {
    let units = attributes["units"]?.text ?? ""
    if let calendar = CFCalendar(attribute: attributes["calendar"]?.text),
      let time = TimeUnits(units, calendar: calendar)
    {
      self = .time(time)
      return
    }
    let standardName = attributes["standard_name"]?.text
    switch (units, standardName) {
    case (_, "latitude"), ("degrees_north", _), ("degree_north", _), ("degrees_N", _),
      ("degree_N", _), ("degreesN", _), ("degreeN", _):
      self = .latitude
    case (_, "longitude"), ("degrees_east", _), ("degree_east", _), ("degrees_E", _),
      ("degree_E", _), ("degreesE", _), ("degreeE", _):
      self = .longitude
    default:
      switch name.lowercased() {
      case "lat", "latitude": self = .latitude
      case "lon", "longitude": self = .longitude
      default: return nil
      }
    }
  }

  var isTime: Bool { if case .time = self { true } else { false } }
}

/// A variable of a source as its metadata describes it.
struct DescribedArray: Sendable {
  let name: String
  let dimensions: [String]
  let shape: [Int]
  let attributes: [Attribute]
}

/// Which arrays of a source say when and where.
struct CoordinateNames: Sendable {
  let time: (name: String, units: TimeUnits)
  let latitude: String
  let longitude: String
  /// The dimensions that they label; `nil` for a time without one.
  let timeDimension: String?
  let latitudeDimension: String
  let longitudeDimension: String

  /// - Throws: ``DrillError/notASource(location:reason:)`` if one is missing, or not one
  ///   dimension long.
  init(of arrays: [DescribedArray], location: String) throws(DrillError) {
    let roles = arrays.compactMap { array in
      array.shape.count <= 1
        ? CoordinateRole(name: array.name, attributes: array.attributes).map { (array, $0) } : nil
    }
    /// The coordinate variables proper, or else any one marked so.
    func one(_ what: String, _ candidates: [(DescribedArray, CoordinateRole)])
      throws(DrillError) -> (DescribedArray, CoordinateRole)
    {
      let proper = candidates.filter { [$0.0.name] == $0.0.dimensions }
      let marked = candidates.filter {
        what.hasPrefix($0.0.attributes["standard_name"]?.text ?? "-")
      }
      for group in [proper, marked, candidates] where group.count == 1 { return group[0] }
      let curved = arrays.first {
        $0.shape.count > 1
          && ($0.attributes["standard_name"]?.text ?? $0.name.lowercased()) == what
      }
      throw .notASource(
        location: location,
        reason: candidates.isEmpty
          ? curved.map {
            "its \(what) “\($0.name)” has \($0.shape.count) dimensions: only grids of latitude by "
              + "longitude can be drilled"
          } ?? "it has no \(what) coordinate of one dimension"
          : "several variables may be its \(what): "
            + candidates.map { "“\($0.0.name)”" }.joined(separator: ", "))
    }
    let rows = try one("latitude", roles.filter { $0.1 == .latitude && $0.0.shape.count == 1 }).0
    let columns = try one("longitude", roles.filter { $0.1 == .longitude && $0.0.shape.count == 1 })
      .0
    let (when, role) = try one("time", roles.filter { $0.1.isTime })
    guard case .time(let units) = role else {
      throw .notASource(location: location, reason: "it has no time coordinate")
    }
    time = (when.name, units)
    timeDimension = when.dimensions.first
    latitude = rows.name
    latitudeDimension = rows.dimensions[0]
    longitude = columns.name
    longitudeDimension = columns.dimensions[0]
  }

  /// Where a variable has time, latitude and longitude among its dimensions.
  ///
  /// - Throws: The reason why it is no series of pixels.
  func axes(
    of array: DescribedArray, rows: Int, columns: Int, steps: Int
  ) throws(NotASeries) -> SeriesAxes {
    var time: Int?
    var row: Int?
    var column: Int?
    for (axis, name) in array.dimensions.enumerated() {
      switch name {
      case latitudeDimension: row = axis
      case longitudeDimension: column = axis
      case timeDimension: time = axis
      default:
        guard array.shape[axis] == 1 else {
          throw NotASeries(reason: "its dimension “\(name)” has \(array.shape[axis]) positions")
        }
      }
    }
    guard let row, let column else {
      throw NotASeries(
        reason: "it has the dimensions (\(array.dimensions.joined(separator: ", ")))")
    }
    guard time != nil || steps == 1 else { throw NotASeries(reason: "it has no time dimension") }
    for (axis, count) in [
      (row, rows), (column, columns), (time ?? row, time == nil ? rows : steps),
    ]
    where array.shape[axis] != count {
      throw NotASeries(
        reason: "its dimension “\(array.dimensions[axis])” has \(array.shape[axis]) positions, the "
          + "coordinate has \(count)")
    }
    return SeriesAxes(time: time, latitude: row, longitude: column, rank: array.shape.count)
  }
}

/// Positions of the dimensions in a variable's shape; other dimensions are one long.
struct SeriesAxes: Hashable, Sendable {
  let time: Int?
  let latitude: Int
  let longitude: Int
  let rank: Int
}

struct NotASeries: Error {
  let reason: String
}
