/// A CF calendar: how days are counted into years, months and days.
///
/// Source: CF Conventions, 4.4.1.
public enum CFCalendar: String, Hashable, Sendable, Codable, CaseIterable {
  /// Julian before 1582-10-15, Gregorian from then on; CF's default.
  case standard
  case prolepticGregorian = "proleptic_gregorian"
  case julian
  case noLeap = "noleap"
  case allLeap = "all_leap"
  case days360 = "360_day"

  /// - Parameter attribute: The `calendar` attribute; `nil` means CF's default.
  public init?(attribute: String?) {
    switch attribute?.lowercased() {
    case nil, "", "standard", "gregorian": self = .standard
    case "365_day": self = .noLeap
    case "366_day": self = .allLeap
    case let name?:
      guard let calendar = CFCalendar(rawValue: name) else { return nil }
      self = calendar
    }
  }

  /// Whether dates from 1582-10-15 on are those of the Gregorian calendar.
  public var isGregorian: Bool { self == .standard || self == .prolepticGregorian }

  /// The number of a day, counted within this calendar; only differences mean anything.
  ///
  /// - Precondition: `month` is 1...12 and `day` 1...31.
  public func dayNumber(year: Int, month: Int, day: Int) -> Int {
    precondition((1...12).contains(month) && (1...31).contains(day), "no such date")
    switch self {
    case .days360: return year * 360 + (month - 1) * 30 + day - 1
    case .noLeap: return year * 365 + Self.daysBefore(month: month, leap: false) + day - 1
    case .allLeap: return year * 366 + Self.daysBefore(month: month, leap: true) + day - 1
    case .prolepticGregorian:
      return Self.gregorianDayNumber(year: year, month: month, day: day)
    case .julian: return Self.julianDayNumber(year: year, month: month, day: day)
    case .standard:
      return (year, month, day) < (1582, 10, 15)
        ? Self.julianDayNumber(year: year, month: month, day: day)
        : Self.gregorianDayNumber(year: year, month: month, day: day)
    }
  }

  /// The date of a day number; the inverse of ``dayNumber(year:month:day:)``.
  public func date(dayNumber: Int) -> (year: Int, month: Int, day: Int) {
    // A first guess that is never too late, then at most two steps of a year.
    var year = Int((Double(dayNumber) / meanYearDays).rounded(.down)) - 1
    while self.dayNumber(year: year + 1, month: 1, day: 1) <= dayNumber { year += 1 }
    var month = 12
    while self.dayNumber(year: year, month: month, day: 1) > dayNumber { month -= 1 }
    var day = dayNumber - self.dayNumber(year: year, month: month, day: 1) + 1
    // The Gregorian reform skipped 1582-10-05 to 1582-10-14.
    if self == .standard, year == 1582, month == 10, day > 4 { day += 10 }
    return (year, month, day)
  }

  private var meanYearDays: Double {
    switch self {
    case .days360: 360
    case .noLeap: 365
    case .allLeap: 366
    case .standard, .prolepticGregorian, .julian: 365.2425
    }
  }

  private static func daysBefore(month: Int, leap: Bool) -> Int {
    let days = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
    return days[month - 1] + (leap && month > 2 ? 1 : 0)
  }

  /// Days since 0000-03-01 (Gregorian), shifted so that the count shares an origin with
  /// ``julianDayNumber(year:month:day:)``: 1582-10-15 follows Julian 1582-10-04.
  private static func gregorianDayNumber(year: Int, month: Int, day: Int) -> Int {
    let (shiftedYear, dayOfYear) = marchYear(year: year, month: month, day: day)
    return 365 * shiftedYear + floorDiv(shiftedYear, 4) - floorDiv(shiftedYear, 100)
      + floorDiv(shiftedYear, 400) + dayOfYear + 62
  }

  private static func julianDayNumber(year: Int, month: Int, day: Int) -> Int {
    let (shiftedYear, dayOfYear) = marchYear(year: year, month: month, day: day)
    return 365 * shiftedYear + floorDiv(shiftedYear, 4) + dayOfYear + 60
  }

  /// The year that begins in March, and the zero-based day in it.
  private static func marchYear(year: Int, month: Int, day: Int) -> (year: Int, day: Int) {
    let shiftedMonth = (month + 9) % 12
    return (month < 3 ? year - 1 : year, (153 * shiftedMonth + 2) / 5 + day - 1)
  }

  private static func floorDiv(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }
}
