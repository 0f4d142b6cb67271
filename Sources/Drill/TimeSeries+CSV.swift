import CF

extension TimeSeries {
  /// The series as CSV: a header line, then a line for each step of each target.
  ///
  /// `time,latitude,longitude` and the variables, an empty cell where there is no value. Numbers
  /// have the shortest digits that read back the same. After them come, where there are such: why
  /// values are missing, where they come from, and the id and distance of places.
  ///
  /// - Parameter withStatus: Adds `<variable>_status` for each variable.
  public func csv(withStatus: Bool = false) -> [UInt8] {
    let hasPlaces = targets.contains { $0.place?.id.isEmpty == false }
    var header = ["time", "latitude", "longitude"] + columns.map { Self.cell($0.name) }
    if withStatus { header += columns.map { Self.cell("\($0.name)_status") } }
    if !origins.isEmpty { header += ["source", "etag"] }
    if hasPlaces { header += ["id", "distance_km"] }
    let times = instants.map(\.description)
    let origins = origins.map { ",\(Self.cell($0.location)),\(Self.cell($0.etag))" }
    var text = header.joined(separator: ",") + "\n"
    for (target, (window, place)) in zip(targets.indices, zip(windows, targets)) {
      let start = ",\(coordinateText(place.latitude)),\(coordinateText(place.longitude))"
      let metres = (place.kilometres * 1000).rounded()
      let end = hasPlaces ? ",\(Self.cell(place.place?.id ?? "")),\(metres / 1000)" : ""
      for step in window {
        let index = index(target: target, step: step)
        text += times[step]
        text += start
        for column in columns {
          text += ","
          text += column.values.text(index)
        }
        if withStatus {
          for column in columns {
            text += ","
            text += column.values.statuses[index].text
          }
        }
        if !origins.isEmpty { text += origins[step] }
        text += end
        text += "\n"
      }
    }
    return Array(text.utf8)
  }

  /// Text as a cell: in quotes where it must be.
  ///
  /// Source: RFC 4180.
  static func cell(_ text: String) -> String {
    guard text.utf8.contains(where: { ",\"\r\n".utf8.contains($0) }) else { return text }
    let doubled = text.split(separator: "\"", omittingEmptySubsequences: false)
      .joined(separator: "\"\"")
    return "\"\(doubled)\""
  }
}
