import CF

/// Makes coordinates of stored numbers.
struct StoredCoordinate {
  let name: String
  let location: String
  let bytes: [UInt8]
  let packing: Packing

  /// The moments of time values.
  ///
  /// - Throws: ``DrillError/badCoordinate(location:name:reason:)`` if one is missing or no date.
  func instants(_ units: TimeUnits) throws(DrillError) -> [TimeInstant] {
    let values = SeriesValues(unpacking: bytes, packing)
    var instants: [TimeInstant] = []
    instants.reserveCapacity(values.count)
    for index in 0..<values.count {
      let instant: TimeInstant? =
        if values.statuses[index] != .value {
          nil
        } else if values.type.isFloatingPoint {
          units.instant(Double(bitPattern: values.bits[index]))
        } else {
          units.instant(Int64(bitPattern: values.bits[index]))
        }
      guard let instant else {
        throw .badCoordinate(
          location: location, name: name, reason: "step \(index) has no time that can be read")
      }
      instants.append(instant)
    }
    return instants
  }

  /// - Throws: ``DrillError/badCoordinate(location:name:reason:)`` if the values are no axis.
  func axis(_ kind: GridAxis.Kind) throws(DrillError) -> GridAxis {
    let stored = SeriesValues(unpacking: bytes, packing)
    let values = (0..<stored.count).map { stored[$0] ?? .nan }
    do throws(AxisProblem) {
      return try GridAxis(kind, values: values, type: stored.type)
    } catch {
      throw .badCoordinate(location: location, name: name, reason: error.description)
    }
  }
}
