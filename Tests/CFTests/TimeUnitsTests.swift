import CF
import Testing

struct TimeUnitsTests {
  // Expected dates: cftime 1.6 num2date.
  @Test(arguments: [
    ("seconds since 1981-01-01 00:00:00", "standard", 1388589600.0, "2025-01-01T15:20:00Z"),
    (
      "days since 1950-01-01T00:00:00Z", "gregorian", 23994.0208333333,
      "2015-09-11T00:29:59.999997Z"
    ),
    ("days since 1950-01-01 00:00:00 UTC", "gregorian", 0.5, "1950-01-01T12:00:00Z"),
    ("hours since 1-1-1 00:00:0.0", "standard", 17561688.0, "2004-06-04T00:00:00Z"),
    ("days since 2001-1-1", "360_day", 59.5, "2001-02-30T12:00:00Z"),
    ("days since 2000-01-01", "noleap", 59.0, "2000-03-01T00:00:00Z"),
    ("days since 1582-10-04", "standard", 1.0, "1582-10-15T00:00:00Z"),
    ("days since 1582-10-04", "proleptic_gregorian", 1.0, "1582-10-05T00:00:00Z"),
    ("days since 1582-10-04", "julian", 1.0, "1582-10-05T00:00:00Z"),
    ("seconds since 1970-01-01 00:00:00 +10:00", "standard", 0.0, "1969-12-31T14:00:00Z"),
  ])
  func `a value becomes the date that cftime gives`(
    units: String, calendar: String, value: Double, date: String
  ) throws {
    let calendar = try #require(CFCalendar(attribute: calendar))
    let units = try #require(TimeUnits(units, calendar: calendar))
    #expect(units.instant(value)?.description == date)
  }

  @Test(arguments: ["months since 2000-01-01", "kelvin", "days since yesterday", "days", ""])
  func `what is no fixed unit with a date is refused`(text: String) {
    #expect(TimeUnits(text, calendar: .standard) == nil)
  }

  @Test(arguments: CFCalendar.allCases)
  func `date undoes dayNumber`(calendar: CFCalendar) {
    for number in stride(from: -400_000, through: 1_200_000, by: 37) {
      let (year, month, day) = calendar.date(dayNumber: number)
      #expect(calendar.dayNumber(year: year, month: month, day: day) == number)
    }
  }
}
