import CF
import NetCDF

/// The time coordinate of one granule, as stored.
struct TimeValues: Hashable, Sendable {
  let name: String
  let units: TimeUnits
  let type: DataType
  /// Native bytes of ``type``, one number a step.
  let bytes: [UInt8]

  /// The moments, to the microsecond; `nil` if a value is missing or not a date.
  func instants(missing: [UInt64]) -> [TimeInstant]? {
    var moments: [TimeInstant] = []
    for number in StoredNumbers(bytes: bytes, type: type) {
      guard !missing.contains(number.bits) else { return nil }
      let instant =
        switch number.value {
        case .whole(let value): units.instant(value)
        case .real(let value): units.instant(value)
        }
      guard let instant else { return nil }
      moments.append(instant)
    }
    return moments
  }
}

extension Granule {
  /// The variable that says when: a coordinate variable with time units, or one that CF marks
  /// as the time axis.
  ///
  /// - Parameter name: The one to use, if the caller knows.
  func timeVariable(named name: String?) throws(StackProblem) -> (Variable, TimeUnits) {
    let candidates = variables.compactMap { variable in
      variable.timeUnits.map { (variable, $0) }
    }
    if let name {
      guard let found = candidates.first(where: { $0.0.name == name }) else {
        throw .noTime(candidates: candidates.map(\.0.name), asked: name)
      }
      return found
    }
    let coordinates = candidates.filter { [$0.0.name] == $0.0.dimensions }
    if coordinates.count == 1 { return coordinates[0] }
    let marked = candidates.filter { variable, _ in
      variable.dimensions.count <= 1
        && (variable.attributes["axis"]?.text == "T"
          || variable.attributes["standard_name"]?.text == "time")
    }
    if marked.count == 1 { return marked[0] }
    let alongRecord = candidates.filter { variable, _ in
      variable.dimensions.count == 1
        && dimensions.contains { $0.name == variable.dimensions[0] && $0.isUnlimited }
    }
    if alongRecord.count == 1 { return alongRecord[0] }
    throw .noTime(candidates: candidates.map(\.0.name), asked: nil)
  }
}

extension Variable {
  /// The time units of a number that counts time since a date.
  var timeUnits: TimeUnits? {
    guard case .number = type, shape.count <= 1, let text = attributes["units"]?.text,
      let calendar = CFCalendar(attribute: attributes["calendar"]?.text)
    else { return nil }
    return TimeUnits(text, calendar: calendar)
  }
}
