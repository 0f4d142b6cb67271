import CF

extension TimeSeries {
  /// The series as CSV: a header line, then a line for each step of each target.
  ///
  /// `time,latitude,longitude` and the variables, an empty cell where there is no value. Numbers
  /// have the shortest digits that read back the same.
  public func csv() -> [UInt8] {
    let hasIDs = targets.contains { $0.place?.id.isEmpty == false }
    var header = ["time", "latitude", "longitude"] + columns.map { Self.cell($0.name) }
    if hasIDs { header.append("id") }
    let times = instants.map(\.description)
    var text = header.joined(separator: ",") + "\n"
    for (target, window) in zip(targets.indices, windows) {
      let pixel = targets[target].pixel
      let place = ",\(grid.latitude.text(pixel.row)),\(grid.longitude.text(pixel.column))"
      let id = hasIDs ? "," + Self.cell(targets[target].place?.id ?? "") : ""
      for step in window {
        text += times[step]
        text += place
        let index = index(target: target, step: step)
        for column in columns {
          text += ","
          text += column.values.text(index)
        }
        text += id
        text += "\n"
      }
    }
    return Array(text.utf8)
  }

  /// Text as a cell: in quotes where it must be.
  ///
  /// Source: RFC 4180.
  static func cell(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { !",\"\r\n".utf8.contains($0) }
    return isPlain
      ? text
      : "\""
        + text.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\""
  }
}
