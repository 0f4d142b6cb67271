import CF

extension TimeSeries {
  /// The series of the first target as one line of text for each variable, such as
  /// `sst ▂▃▅█▆▃ 287.1 … 301.2 kelvin, 210 of 365 steps`.
  ///
  /// - Parameter width: Characters of the curve.
  public func sparklines(width: Int = 40) -> [String] {
    columns.map { column in
      let window = windows[0]
      let values = window.map { column.values[index(target: 0, step: $0)] }
      let valid = values.compactMap(\.self).filter(\.isFinite)
      guard let low = valid.min(), let high = valid.max() else {
        return "\(column.name): no value in \(values.count) steps"
      }
      let blocks = Array("▁▂▃▄▅▆▇█")
      let count = min(width, values.count)
      let curve = (0..<count).map { cell -> Character in
        let part = values[cell * values.count / count..<(cell + 1) * values.count / count]
          .compactMap(\.self).filter(\.isFinite)
        guard !part.isEmpty else { return " " }
        let mean = part.reduce(0, +) / Double(part.count)
        let height = high > low ? (mean - low) / (high - low) : 0.5
        return blocks[min(blocks.count - 1, Int(height * Double(blocks.count)))]
      }
      let units = column.attributes["units"]?.text.map { " \($0)" } ?? ""
      let type = column.values.type
      return "\(column.name) \(String(curve)) \(Self.text(low, type)) … "
        + "\(Self.text(high, type))\(units), \(valid.count) of \(values.count) steps have a value"
    }
  }

  private static func text(_ value: Double, _ type: DataType) -> String {
    switch type {
    case .float32: Float(value).description
    case .float64: value.description
    default: Int64(value).description
    }
  }
}
