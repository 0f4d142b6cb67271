internal import CF
internal import NetCDF
internal import Zarr

/// The variable by which granules are put in order.
struct TimeCoordinate {
  let variable: Variable
  let units: TimeUnits
  let type: DataType

  /// Finds the one numeric variable of at most one dimension whose units are those of a time; of
  /// several the one that labels its own dimension.
  init?(in granule: Granule) {
    var found: [TimeCoordinate] = []
    for variable in granule.variables where variable.dimensions.count <= 1 {
      guard let type = variable.dataType, let text = variable.attributes["units"]?.text,
        let calendar = CFCalendar(attribute: variable.attributes["calendar"]?.text),
        let units = TimeUnits(text, calendar: calendar)
      else { continue }
      found.append(TimeCoordinate(variable: variable, units: units, type: type))
    }
    let own = found.filter(\.variable.isCoordinate)
    guard let only = found.count == 1 ? found[0] : own.count == 1 ? own[0] : nil else { return nil }
    self = only
  }

  private init(variable: Variable, units: TimeUnits, type: DataType) {
    self.variable = variable
    self.units = units
    self.type = type
  }

  /// The moments that stored numbers mean.
  ///
  /// - Parameter bytes: Little-endian numbers of ``type``.
  /// - Returns: `nil` if one of them is no moment.
  func instants(_ bytes: [UInt8]) -> [TimeInstant]? {
    guard let packing = variable.packing else { return nil }
    var instants: [TimeInstant] = []
    for start in stride(from: 0, to: bytes.count, by: type.byteCount) {
      let bits = bytes[start..<start + type.byteCount].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
      guard !packing.missing.contains(bits) else { return nil }
      let instant: TimeInstant?
      if packing.isPacked || type.isFloatingPoint {
        let number = type.isFloatingPoint ? type.real(bits) : Double(type.whole(bits))
        instant = units.instant(packing.value(number))
      } else {
        instant = units.instant(type.whole(bits))
      }
      guard let instant else { return nil }
      instants.append(instant)
    }
    return instants
  }
}
