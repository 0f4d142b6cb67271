/// A moment in a calendar, to the microsecond.
public struct TimeInstant: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let calendar: CFCalendar
  /// As counted by ``CFCalendar/dayNumber(year:month:day:)``.
  public let dayNumber: Int
  /// 0..<86,400,000,000.
  public let microsecondOfDay: Int64

  static let microsecondsPerDay: Int64 = 86_400_000_000

  /// - Parameter microsecondOfDay: May lie outside the day; it is carried into other days.
  public init(
    calendar: CFCalendar, year: Int, month: Int, day: Int, microsecondOfDay: Int64 = 0
  ) {
    let number = calendar.dayNumber(year: year, month: month, day: day)
    self.init(calendar: calendar, dayNumber: number, microseconds: microsecondOfDay)
  }

  private init(calendar: CFCalendar, dayNumber: Int, microseconds: Int64) {
    var days = microseconds / Self.microsecondsPerDay
    var rest = microseconds % Self.microsecondsPerDay
    if rest < 0 { (days, rest) = (days - 1, rest + Self.microsecondsPerDay) }
    self.calendar = calendar
    self.dayNumber = dayNumber + Int(days)
    self.microsecondOfDay = rest
  }

  func adding(days: Int, microseconds: Int64) -> TimeInstant {
    TimeInstant(
      calendar: calendar, dayNumber: dayNumber + days,
      microseconds: microsecondOfDay + microseconds)
  }

  public var date: (year: Int, month: Int, day: Int) { calendar.date(dayNumber: dayNumber) }

  public var year: Int { date.year }

  /// Seconds between two moments of one calendar.
  public func seconds(since other: TimeInstant) -> Double {
    Double(dayNumber - other.dayNumber) * 86_400
      + Double(microsecondOfDay - other.microsecondOfDay) / 1_000_000
  }

  public static func < (left: TimeInstant, right: TimeInstant) -> Bool {
    (left.dayNumber, left.microsecondOfDay) < (right.dayNumber, right.microsecondOfDay)
  }

  /// ISO 8601 in UTC: `2020-01-01T15:20:00Z`, with a fraction only where there is one.
  public var description: String {
    let (year, month, day) = date
    let seconds = microsecondOfDay / 1_000_000
    var text = "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))T"
    text += "\(Self.pad(Int(seconds / 3600), 2)):\(Self.pad(Int(seconds / 60 % 60), 2)):"
    text += Self.pad(Int(seconds % 60), 2)
    let fraction = Int(microsecondOfDay % 1_000_000)
    if fraction > 0 {
      var digits = Self.pad(fraction, 6)
      while digits.hasSuffix("0") { digits.removeLast() }
      text += "." + digits
    }
    return text + "Z"
  }

  /// The date alone: `2020-01-01`.
  public var dateText: String { String(description.prefix(while: { $0 != "T" })) }

  private static func pad(_ number: Int, _ width: Int) -> String {
    let digits = String(abs(number))
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return (number < 0 ? "-" : "") + zeros + digits
  }
}
