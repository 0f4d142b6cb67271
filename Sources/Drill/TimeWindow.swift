internal import CF

/// A span of time, as people write it: days, months or years are meant whole.
public struct TimeWindow: Hashable, Sendable {
  /// Inclusive; `nil`: from the beginning.
  public let from: DateText?
  /// Inclusive, to the end of the day, month or year named; `nil`: to the end.
  public let until: DateText?

  public static let all = TimeWindow(from: nil, until: nil)

  public init(from: DateText?, until: DateText?) {
    self.from = from
    self.until = until
  }

  /// The positions of ascending moments that lie in the window.
  func range(in instants: [TimeInstant]) -> Range<Int> {
    guard let calendar = instants.first?.calendar else { return 0..<0 }
    let start = from?.start(calendar)
    let end = until?.end(calendar)
    let lower = start.map { start in instants.partitionPoint { $0 < start } } ?? 0
    let upper = end.map { end in instants.partitionPoint { $0 < end } } ?? instants.count
    return lower..<max(lower, upper)
  }
}

/// A date as typed: a year, month, day or moment in UTC.
public struct DateText: Hashable, Sendable {
  private let year: Int
  private let month: Int?
  private let day: Int?
  /// Of the day; with the length of what was named (a minute or a second).
  private let clock: (start: Int64, length: Int64)?

  /// - Parameter text: `2020`, `2020-03`, `2020-03-01`, `2020-03-01T15:20` or with seconds; a `Z` at
  ///   the end changes nothing.
  /// - Throws: ``DrillError/badText(what:text:reason:)``.
  public init(_ text: String) throws(DrillError) {
    func bad(_ reason: String) -> DrillError {
      .badText(what: "date", text: text, reason: reason)
    }
    let halves = text.split(
      maxSplits: 1, omittingEmptySubsequences: false, whereSeparator: { $0 == "T" || $0 == " " })
    let parts = (halves.first ?? "").split(separator: "-", omittingEmptySubsequences: false)
    guard let first = parts.first, first.count == 4, let year = Int(first), parts.count <= 3,
      parts.dropFirst().allSatisfy({ $0.count == 2 && Int($0) != nil })
    else { throw bad("it takes the form 2020, 2020-03, 2020-03-01 or 2020-03-01T15:20:00Z") }
    self.year = year
    month = parts.count > 1 ? Int(parts[1]) : nil
    day = parts.count > 2 ? Int(parts[2]) : nil
    guard (1...12).contains(month ?? 1) else { throw bad("there is no such month") }
    let days = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard (1...days[(month ?? 1) - 1]).contains(day ?? 1) else {
      throw bad("there is no such day")
    }
    guard halves.count == 2 else {
      clock = nil
      return
    }
    var time = halves[1]
    if time.last == "Z" || time.last == "z" { time.removeLast() }
    let digits = time.split(separator: ":", omittingEmptySubsequences: false)
    guard day != nil, (2...3).contains(digits.count), let hour = Int64(digits[0]), 0..<24 ~= hour,
      let minute = Int64(digits[1]), 0..<60 ~= minute,
      let second = digits.count == 3 ? Double(digits[2]) : 0, 0..<60 ~= second
    else { throw bad("its time of day takes the form 15:20 or 15:20:00") }
    let start = (hour * 60 + minute) * 60_000_000 + Int64((second * 1_000_000).rounded())
    clock = (start, digits.count == 3 ? 1 : 60_000_000)
  }

  func start(_ calendar: CFCalendar) -> TimeInstant {
    TimeInstant(
      calendar: calendar, year: year, month: month ?? 1, day: day ?? 1,
      microsecondOfDay: clock?.start ?? 0)
  }

  /// The first moment after what was named.
  func end(_ calendar: CFCalendar) -> TimeInstant {
    if let clock {
      return TimeInstant(
        calendar: calendar, year: year, month: month ?? 1, day: day ?? 1,
        microsecondOfDay: clock.start + clock.length)
    }
    if let month, let day {
      return TimeInstant(
        calendar: calendar, year: year, month: month, day: day,
        microsecondOfDay: 86_400_000_000)
    }
    if let month, month < 12 {
      return TimeInstant(calendar: calendar, year: year, month: month + 1, day: 1)
    }
    return TimeInstant(calendar: calendar, year: year + 1, month: 1, day: 1)
  }

  public static func == (left: DateText, right: DateText) -> Bool {
    left.year == right.year && left.month == right.month && left.day == right.day
      && left.clock?.start == right.clock?.start && left.clock?.length == right.clock?.length
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(year)
    hasher.combine(month)
    hasher.combine(day)
    hasher.combine(clock?.start)
  }
}

extension [TimeInstant] {
  /// The number of leading elements that fulfil the condition; all others don't.
  fileprivate func partitionPoint(_ condition: (TimeInstant) -> Bool) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if condition(self[middle]) { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
