import CF
import NetCDF

/// The time coordinate of all stores of a stack.
///
/// Whole seconds in a Gregorian calendar become int64 seconds since 1981, so that all stores have
/// one unit; a stack whose times have fractions, another calendar, or bounds in their own unit
/// keeps what it has.
struct TimeAxis: Sendable {
  let type: DataType
  /// Of the newest granule, with this axis' units and calendar.
  let attributes: [Attribute]
  private let usesArchiveUnits: Bool
  private let stack: Stack

  /// - Throws: ``StackError/timeDiffers(first:second:what:)`` if units differ between granules
  ///   that must keep theirs.
  init(_ stack: Stack) throws(StackError) {
    self.stack = stack
    let first = stack.members[0]
    var attributes =
      stack.members[stack.members.count - 1].variable(stack.timeName)?.attributes ?? []
    for name in ["_FillValue", "missing_value", "valid_min", "valid_max", "valid_range"] {
      attributes.set(name, nil)
    }
    let bounds = attributes["bounds"]?.text
    let sameUnits = stack.members.allSatisfy { $0.time.units.text == first.time.units.text }
    let isWhole =
      first.time.units.calendar.isGregorian
      && stack.steps.allSatisfy { TimeUnits.archive.wholeSeconds(to: $0.instant) != nil }
    let hasForeignBounds =
      bounds.flatMap(stack.variable) != nil && first.time.units.text != TimeUnits.archive.text
    if isWhole, !(hasForeignBounds && sameUnits) {
      usesArchiveUnits = true
      type = .int64
      attributes.set("units", .text(TimeUnits.archive.text))
    } else {
      if let other = stack.members.first(where: {
        $0.time.units.text != first.time.units.text || $0.time.type != first.time.type
      }) {
        throw .timeDiffers(
          first: first.source.location, second: other.source.location,
          what: "“\(first.time.units.text)” (\(first.time.type.rawValue)) here and "
            + "“\(other.time.units.text)” (\(other.time.type.rawValue)) there, "
            + "and the times aren't whole seconds")
      }
      usesArchiveUnits = false
      type = first.time.type
      attributes.set("units", .text(first.time.units.text))
    }
    if attributes["calendar"] == nil {
      attributes.set("calendar", .text(first.time.units.calendar.rawValue))
    }
    self.attributes = attributes
  }

  /// The coordinate's native bytes for some steps.
  func bytes(of steps: [StackStep]) -> [UInt8] {
    var bytes: [UInt8] = []
    for step in steps {
      if usesArchiveUnits {
        let seconds = TimeUnits.archive.wholeSeconds(to: step.instant) ?? 0
        withUnsafeBytes(of: seconds.littleEndian) { bytes.append(contentsOf: $0) }
      } else {
        let start = step.index * type.byteCount
        bytes += stack.members[step.member].time.bytes[start..<start + type.byteCount]
      }
    }
    return bytes
  }
}
