/// CF time units: `"<unit> since <date>"` in a calendar.
///
/// Source: CF Conventions, 4.4.
public struct TimeUnits: Hashable, Sendable, Codable {
  /// The text of the `units` attribute.
  public let text: String
  public let calendar: CFCalendar
  /// Microseconds in one unit.
  let unitMicroseconds: Int64
  let epoch: TimeInstant

  /// The one unit of all stores: whole seconds since 1981, in the Gregorian calendar.
  public static let archive = TimeUnits(
    text: "seconds since 1981-01-01 00:00:00", calendar: .standard, unitMicroseconds: 1_000_000,
    epoch: TimeInstant(
      calendar: .standard, year: 1981, month: 1, day: 1, microsecondOfDay: 0))

  private init(text: String, calendar: CFCalendar, unitMicroseconds: Int64, epoch: TimeInstant) {
    self.text = text
    self.calendar = calendar
    self.unitMicroseconds = unitMicroseconds
    self.epoch = epoch
  }

  /// - Returns: `nil` if the text isn't a time unit with a date (months and years have no fixed
  ///   length and are none).
  public init?(_ text: String, calendar: CFCalendar) {
    var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
    // 1981-01-01T00:00:00 is one word.
    if words.count >= 3, let separator = words[2].firstIndex(of: "T") {
      words.insert(words[2][words[2].index(after: separator)...], at: 3)
      words[2] = words[2][..<separator]
    }
    guard words.count >= 3, words[1].lowercased() == "since" else { return nil }
    guard let unit = Self.unitMicroseconds[words[0].lowercased()] else { return nil }
    guard let date = Self.parseDate(words[2], calendar: calendar) else { return nil }
    var microsecond: Int64 = 0
    var zone: Int64 = 0
    for (index, word) in words.dropFirst(3).enumerated() {
      if index == 0, let clock = Self.parseClock(word) {
        (microsecond, zone) = clock
      } else if let offset = Self.parseZone(word) {
        zone = offset
      } else {
        return nil
      }
    }
    self.init(
      text: text, calendar: calendar, unitMicroseconds: unit,
      epoch: TimeInstant(
        calendar: calendar, year: date.0, month: date.1, day: date.2,
        microsecondOfDay: microsecond - zone))
  }

  /// The instant of a value, rounded to the microsecond, as cftime and xarray decode it.
  ///
  /// - Returns: `nil` if the value isn't finite or is further than a million years away.
  public func instant(_ value: Double) -> TimeInstant? {
    guard value.isFinite, abs(value) * Double(unitMicroseconds) < 3.2e19 else { return nil }
    let whole = value.rounded(.down)
    let fraction = ((value - whole) * Double(unitMicroseconds)).rounded()
    let (days, rest) = Self.divide(Int64(whole), unitMicroseconds)
    return epoch.adding(days: days, microseconds: rest + Int64(fraction))
  }

  /// The instant of a whole number of units, exactly.
  public func instant(_ value: Int64) -> TimeInstant? {
    guard abs(Double(value)) * Double(unitMicroseconds) < 3.2e19 else { return nil }
    let (days, rest) = Self.divide(value, unitMicroseconds)
    return epoch.adding(days: days, microseconds: rest)
  }

  /// Whole seconds since this unit's epoch; `nil` if the instant has a fraction of a second.
  public func wholeSeconds(to instant: TimeInstant) -> Int64? {
    let micro = instant.microsecondOfDay - epoch.microsecondOfDay
    guard micro % 1_000_000 == 0 else { return nil }
    return Int64(instant.dayNumber - epoch.dayNumber) * 86_400 + micro / 1_000_000
  }

  /// Splits `value` units into whole days and microseconds without overflow.
  private static func divide(_ value: Int64, _ unit: Int64) -> (days: Int, microseconds: Int64) {
    let perDay = TimeInstant.microsecondsPerDay
    if unit % perDay == 0 { return (Int(value * (unit / perDay)), 0) }
    let unitsPerDay = perDay / unit
    let days = value / unitsPerDay
    return (Int(days), (value - days * unitsPerDay) * unit)
  }

  private static let unitMicroseconds: [String: Int64] = {
    var table: [String: Int64] = [:]
    for (names, microseconds) in [
      (["microsecond", "microseconds", "microsec", "microsecs"], 1),
      (["millisecond", "milliseconds", "msec", "msecs", "millisec", "millisecs", "ms"], 1_000),
      (["second", "seconds", "sec", "secs", "s"], 1_000_000),
      (["minute", "minutes", "min", "mins"], 60_000_000),
      (["hour", "hours", "hr", "hrs", "h"], 3_600_000_000),
      (["day", "days", "d"], 86_400_000_000),
    ] as [([String], Int64)] {
      for name in names { table[name] = microseconds }
    }
    return table
  }()

  private static func parseDate(
    _ word: Substring, calendar: CFCalendar
  ) -> (Int, Int, Int)? {
    let negative = word.hasPrefix("-")
    let parts = (negative ? word.dropFirst() : word).split(
      separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]),
      let day = Int(parts[2]), year <= 999_999, (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    return (negative ? -year : year, month, day)
  }

  /// `hh[:mm[:ss[.f]]]`, with an optional zone glued to it.
  private static func parseClock(_ word: Substring) -> (microsecond: Int64, zone: Int64)? {
    var clock = word
    var zone: Int64 = 0
    if let start = clock.firstIndex(where: { $0 == "Z" || $0 == "z" || $0 == "+" || $0 == "-" }) {
      guard start > clock.startIndex, let offset = parseZone(clock[start...]) else { return nil }
      zone = offset
      clock = clock[..<start]
    }
    let parts = clock.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), let hour = Int64(parts[0]), (0...24).contains(hour) else {
      return nil
    }
    var micro = hour * 3_600_000_000
    if parts.count > 1 {
      guard let minute = Int64(parts[1]), (0..<60).contains(minute) else { return nil }
      micro += minute * 60_000_000
    }
    if parts.count > 2 {
      guard let second = Double(parts[2]), (0..<61).contains(second) else { return nil }
      micro += Int64((second * 1_000_000).rounded())
    }
    return (micro, zone)
  }

  /// `Z`, `UTC`, `GMT`, `+10:00`, `-0330`, `+10`; in microseconds east.
  private static func parseZone(_ word: Substring) -> Int64? {
    if ["z", "utc", "gmt"].contains(word.lowercased()) { return 0 }
    guard let sign = word.first, sign == "+" || sign == "-" else { return nil }
    let digits = word.dropFirst().filter { $0 != ":" }
    guard digits.allSatisfy(\.isNumber), let number = Int64(digits) else { return nil }
    let minutes: Int64
    switch digits.count {
    case 1, 2: minutes = number * 60
    case 3, 4: minutes = number / 100 * 60 + number % 100
    default: return nil
    }
    return (sign == "-" ? -minutes : minutes) * 60_000_000
  }
}
