import CF

/// Dates along a time axis.
struct PlotTimes {
  /// Seconds since the first instant, and what is written there.
  let ticks: [(seconds: Double, text: String)]

  /// - Parameters:
  ///   - first, last: The ends of the axis.
  ///   - count: The most ticks.
  init(from first: TimeInstant, to last: TimeInstant, count: Int) {
    let days = last.seconds(since: first) / 86_400
    let calendar = first.calendar
    var ticks: [(seconds: Double, text: String)] = []
    func add(_ instant: TimeInstant, _ text: String) {
      guard !(instant < first), !(last < instant) else { return }
      ticks.append((instant.seconds(since: first), text))
    }
    let years = days / 365.25
    if years * 12 > Double(count) * 6 {
      let step = [1, 2, 5, 10, 20, 50, 100].first { years / Double($0) <= Double(count) } ?? 1000
      for year in first.year...last.year + 1 where year % step == 0 {
        add(TimeInstant(calendar: calendar, year: year, month: 1, day: 1), "\(year)")
      }
    } else if days > Double(count) * 15 {
      let step = [1, 2, 3, 6].first { days / 30.4 / Double($0) <= Double(count) } ?? 12
      for year in first.year...last.year {
        for month in stride(from: 1, through: 12, by: step) {
          let instant = TimeInstant(calendar: calendar, year: year, month: month, day: 1)
          add(instant, String(instant.dateText.dropLast(3)))
        }
      }
    } else if days > 2 {
      let step = [1, 2, 5, 7, 10, 14].first { days / Double($0) <= Double(count) } ?? 15
      let (year, month, day) = first.date
      for index in 0...Int(days / Double(step)) + 1 {
        let instant = TimeInstant(
          calendar: calendar, year: year, month: month, day: day,
          microsecondOfDay: Int64(index * step) * 86_400_000_000)
        add(instant, instant.dateText)
      }
    } else {
      add(first, first.description)
      if days > 0 { add(last, last.description) }
    }
    self.ticks = ticks.isEmpty ? [(0, first.dateText)] : ticks
  }
}
