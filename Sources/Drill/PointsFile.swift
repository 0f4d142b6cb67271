/// Reads a table of places: CSV with a header line, `lat` and `lon`, and perhaps `id`, `from` and
/// `until`.
public enum PointsFile {
  /// - Parameter name: Of the file, for errors.
  /// - Throws: ``DrillError/badText(what:text:reason:)`` with the line that can't be read.
  public static func places(_ text: String, name: String) throws(DrillError) -> [Place] {
    func bad(_ line: Int, _ reason: String) -> DrillError {
      .badText(what: "points file", text: name, reason: "line \(line): \(reason)")
    }
    var places: [Place] = []
    var columns: [String: Int] = [:]
    for (number, line) in lines(text).enumerated() {
      let cells = line.map { $0.trimmed }
      if cells.allSatisfy(\.isEmpty) { continue }
      if columns.isEmpty {
        for (index, cell) in cells.enumerated() {
          if let column = Self.column(cell) { columns[column] = index }
        }
        guard columns["lat"] != nil, columns["lon"] != nil else {
          throw bad(number + 1, "the first line names the columns, “lat” and “lon” among them")
        }
        continue
      }
      func cell(_ column: String) -> String {
        columns[column].flatMap { $0 < cells.count ? cells[$0] : nil } ?? ""
      }
      guard let latitude = Double(cell("lat")), let longitude = Double(cell("lon")) else {
        throw bad(number + 1, "“\(cell("lat"))”, “\(cell("lon"))” are no degrees")
      }
      do throws(DrillError) {
        let window = TimeWindow(
          from: cell("from").isEmpty ? nil : try DateText(cell("from")),
          until: cell("until").isEmpty ? nil : try DateText(cell("until")))
        places.append(
          try Place(
            latitude: latitude, longitude: longitude,
            id: cell("id").isEmpty ? "\(places.count + 1)" : cell("id"), window: window))
      } catch { throw bad(number + 1, error.description) }
    }
    guard !places.isEmpty else {
      throw .badText(what: "points file", text: name, reason: "it names no points")
    }
    return places
  }

  private static func column(_ text: String) -> String? {
    switch text.lowercased() {
    case "lat", "latitude": "lat"
    case "lon", "long", "longitude": "lon"
    case "id", "name", "station": "id"
    case "from", "start": "from"
    case "until", "end", "to": "until"
    default: nil
    }
  }

  /// The cells of each line; quotes may hold commas, and quotes doubled.
  ///
  /// Source: RFC 4180, but a quoted cell ends with its line.
  private static func lines(_ text: String) -> [[String]] {
    let text = text.hasPrefix("\u{FEFF}") ? text.dropFirst() : text[...]
    return text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
      var cells = [""]
      var isQuoted = false
      // Whether the last character ended a quoted part.
      var wasClosed = false
      for character in line {
        if character == "\"" {
          // The second of two in a quoted cell stands for one.
          if wasClosed { cells[cells.count - 1] += "\"" }
          isQuoted.toggle()
          wasClosed = !isQuoted
          continue
        }
        wasClosed = false
        if character == ",", !isQuoted {
          cells.append("")
        } else {
          cells[cells.count - 1].append(character)
        }
      }
      return cells
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
