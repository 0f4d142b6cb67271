internal import CF

/// What to make of all pixels of a box at one time.
public enum Reduction: String, Hashable, Sendable, CaseIterable {
  /// Of the valid pixels, each counting the same whatever its area.
  case mean
  case min, max
  /// Around the mean, dividing by the number of valid pixels.
  case std
  /// Of valid pixels.
  case count

  /// - Parameter values: The valid ones, in the order of the pixels.
  func apply(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return self == .count ? 0 : nil }
    let count = Double(values.count)
    switch self {
    case .mean: return values.reduce(0, +) / count
    case .min: return values.min()
    case .max: return values.max()
    case .std:
      let mean = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / count).squareRoot()
    case .count: return count
    }
  }

  func type(of values: DataType) -> DataType {
    switch self {
    case .mean, .std: .float64
    case .min, .max: values
    case .count: .int32
    }
  }
}

extension TimeSeries {
  /// One series for all targets: a column for each variable, and one with the number of pixels that
  /// had a value. Its place is the middle of the pixels.
  func reduced(by reduction: Reduction) -> TimeSeries {
    let middle = Target(
      pixel: nil, latitude: targets.map(\.latitude).reduce(0, +) / Double(targets.count),
      longitude: targets.map(\.longitude).reduce(0, +) / Double(targets.count), place: nil,
      kilometres: 0)
    var reduced: [Column] = []
    for column in columns {
      let type = reduction.type(of: column.values.type)
      var values = SeriesValues(type: type, count: instants.count, missing: .fill)
      var counts = SeriesValues(type: .int32, count: instants.count, missing: .fill)
      for step in instants.indices {
        let all = targets.indices.map { index(target: $0, step: step) }
        let valid = all.compactMap { column.values[$0] }
        counts.set(step, Double(valid.count))
        if let value = reduction.apply(valid) {
          values.set(step, value)
        } else {
          // Why the first pixel has none says best why none has one.
          let reasons = Set(all.map { column.values.statuses[$0] })
          values.statuses[step] =
            reasons.contains(.filtered) ? .filtered : column.values.statuses[all[0]]
        }
      }
      var attributes = column.attributes
      attributes.set("cell_methods", .text("area: \(reduction.cellMethod)"))
      if reduction == .count {
        attributes.set("units", .text("1"))
      }
      reduced.append(Column(name: column.name, values: values, attributes: attributes))
      if reduction != .count {
        reduced.append(
          Column(
            name: "\(column.name)_count", values: counts,
            attributes: [
              Attribute("long_name", .text("number of pixels with a value of \(column.name)")),
              Attribute("units", .text("1")),
            ]))
      }
    }
    return TimeSeries(
      targets: [middle], coordinateType: .float64, instants: instants, columns: reduced,
      windows: [0..<instants.count], origins: origins, notes: notes)
  }
}

extension Reduction {
  /// As CF names it.
  ///
  /// Source: CF Conventions, appendix E.
  fileprivate var cellMethod: String {
    switch self {
    case .mean: "mean"
    case .min: "minimum"
    case .max: "maximum"
    case .std: "standard_deviation"
    case .count: "sum"
    }
  }
}
