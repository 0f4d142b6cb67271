import CF
internal import Foundation
import NetCDF

extension TimeSeries {
  /// Writes the series as a NetCDF-4 file: CF discrete sampling geometry, feature type
  /// `timeSeries`, one station for each target, all with the same times.
  ///
  /// The file appears when it is complete, and replaces one of its name.
  ///
  /// Source: CF Conventions, 9 and H.2.1.
  public func writeNetCDF(to path: String, title: String, history: String) throws(DrillError) {
    let temporary = path + ".part-\(UUID().uuidString)"
    do throws(LibNetCDFError) {
      try write(to: temporary, title: title, history: history)
    } catch {
      unlink(temporary)
      throw .library(error)
    }
    guard rename(temporary, path) == 0 else {
      let reason = String(cString: strerror(errno))
      unlink(temporary)
      throw .notASource(location: path, reason: reason)
    }
  }

  private func write(
    to path: String, title: String, history: String
  ) throws(LibNetCDFError) {
    let file = try NetCDFWriter(
      path: path,
      attributes: [
        Attribute("Conventions", .text("CF-1.8")),
        Attribute("featureType", .text("timeSeries")),
        Attribute("title", .text(title)),
        Attribute("history", .text(history)),
      ])
    let ids = targets.enumerated().map { index, target in
      target.place.flatMap { $0.id.isEmpty ? nil : $0.id } ?? "\(index + 1)"
    }
    try file.addDimension("station", length: targets.count)
    try file.addDimension("time", length: instants.count)
    try file.addDimension("id_length", length: max(1, ids.map(\.utf8.count).max() ?? 1))
    try defineCoordinates(in: file)
    for column in columns { try define(column, in: file) }
    try file.writeText("station_id", ids)
    try write(targets.map(\.latitude), as: coordinateType, "lat", to: file)
    try write(targets.map(\.longitude), as: coordinateType, "lon", to: file)
    try write(targets.map(\.kilometres), as: .float64, "distance", to: file)
    try write(times.values, as: .float64, "time", to: file)
    for column in columns { try write(column, to: file) }
    try file.close()
  }

  private func defineCoordinates(in file: NetCDFWriter) throws(LibNetCDFError) {
    func add(
      _ name: String, _ type: DataType, _ dimension: String, _ attributes: [(String, String)]
    ) throws(LibNetCDFError) {
      try file.addVariable(
        name, type: type, dimensions: [dimension], chunkShape: nil, deflateLevel: nil,
        shuffle: false, fletcher32: false, fillBits: nil,
        attributes: attributes.map { Attribute($0.0, .text($0.1)) })
    }
    try file.addTextVariable(
      "station_id", dimensions: ["station", "id_length"],
      attributes: [
        Attribute("cf_role", .text("timeseries_id")),
        Attribute("long_name", .text("name of the place")),
      ])
    try add(
      "lat", coordinateType, "station",
      [
        ("standard_name", "latitude"), ("long_name", "latitude of the pixel's centre"),
        ("units", "degrees_north"), ("axis", "Y"),
      ])
    try add(
      "lon", coordinateType, "station",
      [
        ("standard_name", "longitude"), ("long_name", "longitude of the pixel's centre"),
        ("units", "degrees_east"), ("axis", "X"),
      ])
    try add(
      "distance", .float64, "station",
      [("long_name", "distance from the place asked for to the pixel's centre"), ("units", "km")])
    try add(
      "time", .float64, "time",
      [
        ("standard_name", "time"), ("long_name", "time"), ("units", times.units),
        ("calendar", times.calendar), ("axis", "T"),
      ])
  }

  /// Exact for whole seconds, and to the microsecond for some 200 years.
  private var times: (values: [Double], units: String, calendar: String) {
    let calendar = instants.first?.calendar ?? .standard
    let epoch = TimeInstant(calendar: calendar, year: 1981, month: 1, day: 1)
    return (
      instants.map { $0.seconds(since: epoch) }, "seconds since 1981-01-01 00:00:00",
      calendar.rawValue
    )
  }

  private func define(_ column: Column, in file: NetCDFWriter) throws(LibNetCDFError) {
    // What these say isn't true of unpacked values, or leads to variables that aren't here.
    let dropped = [
      "_FillValue", "missing_value", "scale_factor", "add_offset", "valid_min", "valid_max",
      "valid_range", "_Unsigned", "_ChunkSizes", "ancillary_variables", "coordinates",
      "grid_mapping", "bounds", "cell_measures",
    ]
    var attributes = column.attributes.filter { !dropped.contains($0.name) }
    for name in ["flag_masks", "flag_values"] {
      attributes.set(name, attributes[name].flatMap { $0.converted(to: column.values.type) })
    }
    attributes.set("coordinates", .text("lat lon station_id"))
    try file.addVariable(
      column.name, type: column.values.type, dimensions: ["station", "time"], chunkShape: nil,
      deflateLevel: nil, shuffle: false, fletcher32: false,
      fillBits: fillBits(of: column.values), attributes: attributes)
  }

  /// A number that no value has.
  private func fillBits(of values: SeriesValues) -> UInt64 {
    switch values.type {
    case .float32: return UInt64(Float.nan.bitPattern)
    case .float64: return Double.nan.bitPattern
    default:
      let used = Set(zip(values.bits, values.statuses).filter { $0.1 == .value }.map(\.0))
      let width = UInt64(values.type.byteCount * 8)
      let mask = UInt64.max >> (64 - width)
      // From the least number on (the greatest, without a sign) the first that is free.
      var candidate = values.type.isUnsigned ? mask : ~(mask >> 1)
      while used.contains(candidate) {
        candidate = values.type.isUnsigned ? candidate - 1 : candidate + 1
      }
      return candidate & mask
    }
  }

  private func write(_ column: Column, to file: NetCDFWriter) throws(LibNetCDFError) {
    let values = column.values
    let size = values.type.byteCount
    let fill = fillBits(of: values)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * size)
    for target in targets.indices {
      for step in instants.indices {
        let index = index(target: target, step: step)
        var bits = fill
        if values.statuses[index] == .value, windows[target].contains(step) {
          bits = values.bits[index]
          if values.type == .float32 { bits = UInt64(Float(Double(bitPattern: bits)).bitPattern) }
        }
        withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0.prefix(size)) }
      }
    }
    try write(bytes, column.name, to: file)
  }

  private func write(
    _ numbers: [Double], as type: DataType, _ name: String, to file: NetCDFWriter
  ) throws(LibNetCDFError) {
    var bytes: [UInt8] = []
    for number in numbers {
      if type == .float32 {
        withUnsafeBytes(of: Float(number)) { bytes.append(contentsOf: $0) }
      } else {
        withUnsafeBytes(of: number) { bytes.append(contentsOf: $0) }
      }
    }
    try write(bytes, name, to: file)
  }

  private func write(
    _ bytes: [UInt8], _ name: String, to file: NetCDFWriter
  ) throws(LibNetCDFError) {
    let failure: LibNetCDFError? = bytes.withUnsafeBytes { buffer in
      do throws(LibNetCDFError) {
        try file.write(name, buffer)
        return nil
      } catch { return error }
    }
    if let failure { throw failure }
  }
}

extension AttributeValue {
  /// The same numbers in another type, as CF wants of flags; `nil` if one doesn't fit.
  fileprivate func converted(to type: DataType) -> AttributeValue? {
    guard case .integers(let values, _) = self else { return type.isFloatingPoint ? self : nil }
    if type.isFloatingPoint { return .reals(values.map(Double.init), type) }
    let fits = bitPatterns(as: type).count == values.count
    return fits ? .integers(values, type) : nil
  }
}
