import CF
import Testing

@testable import Drill

struct TimeWindowTests {
  private let instants = [
    (2019, 12, 31), (2020, 1, 1), (2020, 1, 2), (2020, 2, 29), (2020, 12, 31), (2021, 1, 1),
  ].map {
    TimeInstant(
      calendar: .standard, year: $0.0, month: $0.1, day: $0.2, microsecondOfDay: 55_200_000_000)
  }

  @Test(arguments: [
    (from: "2020", until: "2020", range: 1..<5),
    ("2020-01", "2020-01", 1..<3),
    ("2020-12", "2020-12", 4..<5),
    ("2020-01-02", "2020-02-29", 2..<4),
    ("2020-01-01T15:20", "2020-01-01T15:20", 1..<2),
    ("2020-01-01T15:20:01Z", "2020-01-02T15:19", 2..<2),
    ("2022", "2023", 6..<6),
  ])
  func `a day, month or year is meant whole`(
    from: String, until: String, range: Range<Int>
  ) throws {
    let window = TimeWindow(from: try DateText(from), until: try DateText(until))
    #expect(window.range(in: instants) == range)
  }

  @Test(arguments: [
    "", "20", "2020-1-1", "2020-13", "2020-02-30", "2020-01-01T25:00", "2020-01T10:00",
  ])
  func `what is no date is refused`(text: String) {
    #expect(throws: DrillError.self) { try DateText(text) }
  }

  @Test func `a range in braces is spelt out`() throws {
    #expect(try BraceRange.expand("r/{9..11}") == ["r/9", "r/10", "r/11"])
    #expect(try BraceRange.expand("r/{a,b}") == ["r/{a,b}"])
    #expect(throws: DrillError.self) { try BraceRange.expand("{3..1}") }
  }
}
