internal import CF

/// A yearly cycle: which steps of different years belong together.
public enum Climatology: String, Hashable, Sendable, CaseIterable {
  case month
  /// Of the year, 1 to 366, as xarray's `time.dayofyear` counts.
  case day

  func group(_ instant: TimeInstant) -> Int {
    let (year, month, _) = instant.date
    switch self {
    case .month: return month
    case .day:
      return instant.dayNumber - instant.calendar.dayNumber(year: year, month: 1, day: 1) + 1
    }
  }
}

extension TimeSeries {
  /// Adds two columns for each variable: the mean of its values in the same month (or on the same
  /// day) of all years of the series, and how much a value differs from that.
  func adding(_ climatology: Climatology) -> TimeSeries {
    let groups = instants.map(climatology.group)
    var result = self
    result.columns = columns.flatMap { column -> [Column] in
      let count = column.values.count
      var means = SeriesValues(type: .float64, count: count, missing: .fill)
      var anomalies = SeriesValues(type: .float64, count: count, missing: .fill)
      for (target, window) in zip(targets.indices, windows) {
        var sums: [Int: (sum: Double, count: Int)] = [:]
        for step in window {
          guard let value = column.values[index(target: target, step: step)] else { continue }
          let known = sums[groups[step]] ?? (0, 0)
          sums[groups[step]] = (known.sum + value, known.count + 1)
        }
        for step in window {
          let index = index(target: target, step: step)
          if let (sum, count) = sums[groups[step]] {
            means.set(index, sum / Double(count))
            if let value = column.values[index] {
              anomalies.set(index, value - sum / Double(count))
            } else {
              anomalies.statuses[index] = column.values.statuses[index]
            }
          } else {
            means.statuses[index] = column.values.statuses[index]
            anomalies.statuses[index] = column.values.statuses[index]
          }
        }
      }
      let units = column.attributes["units"].map { [Attribute("units", $0)] } ?? []
      let name = column.attributes["long_name"]?.text ?? column.name
      let period = climatology == .month ? "month" : "day of the year"
      return [
        column,
        Column(
          name: "\(column.name)_climatology", values: means,
          attributes: [Attribute("long_name", .text("mean of \(name) in the \(period)"))] + units),
        Column(
          name: "\(column.name)_anomaly", values: anomalies,
          attributes: [
            Attribute("long_name", .text("\(name) less its mean in the \(period)"))
          ] + units),
      ]
    }
    return result
  }
}
