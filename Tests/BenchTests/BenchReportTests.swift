import Foundation
import Testing

@testable import Bench

struct BenchReportTests {
  @Test func `a report reads back from its JSON`() throws {
    let report = Self.report()
    let file = FileManager.default.temporaryDirectory
      .appending(component: "\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try report.json().write(to: file)
    let again = try BenchReport(file: file.path)
    #expect(try again.json() == report.json())
  }

  @Test func `the headline says who wins, also where the rechunked stores lose`() {
    let text = Self.report().markdown
    #expect(
      text.contains(
        "a map: the fastest is references, per granule with 3.00 ms. Times as long: Zarr v3, "
          + "sharded 10.0. For a map of one day, stores that are chunked for time are the wrong "
          + "layout"))
    #expect(
      text.contains(
        "one pixel: the fastest is Zarr v3, sharded with 2.00 ms. Times as long: references, per "
          + "granule 50.0.\n"))
    #expect(text.contains("| references, per granule | 100 ms (50.0 ×) | 3.00 ms (fastest) |"))
  }

  @Test func `what a page says can't become its markup`() {
    var report = Self.report()
    report.title = "<script>alert(1)</script> & more"
    let html = report.html
    #expect(!html.contains("<script"))
    #expect(html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; more"))
  }

  @Test func `growth is that of a power law and of a straight line`() throws {
    let fit = try #require(
      BenchReport.GrowthFit(
        title: "t", unit: "days", route: .references, temperature: .warm,
        points: [10, 20, 40, 80].map { (length: $0, seconds: 0.5 * $0) }))
    #expect(abs(fit.exponent - 1) < 1e-12)
    #expect(abs(fit.secondsPerUnit - 0.5) < 1e-12)
    let flat = try #require(
      BenchReport.GrowthFit(
        title: "t", unit: "days", route: .zarrV3, temperature: .warm,
        points: [(length: 10, seconds: 2), (length: 1000, seconds: 2)]))
    #expect(flat.exponent == 0)
    #expect(flat.secondsPerUnit == 0)
  }

  @Test func `a comparison names what changed by more than a quarter`() {
    let old = Self.report()
    var now = Self.report()
    now.measurements[0] = Self.measurement("one pixel", .zarrV3, 0.0026, steps: 365)
    now.measurements[1] = Self.measurement("one pixel", .references, 0.12, steps: 365)
    now.measurements[2] = Self.measurement("a map", .zarrV3, 0.015, steps: 1)
    let comparison = BenchComparison(now, with: old)
    #expect(comparison.comparedCount == 4)
    #expect(comparison.slower.map(\.what) == ["one pixel, folder, Zarr v3, sharded, warm"])
    #expect(comparison.faster.map(\.what) == ["a map, folder, Zarr v3, sharded, warm"])
    #expect(comparison.description.contains("2.00 ms → 2.60 ms (1.30 ×)"))
    #expect(comparison.warnings.isEmpty)
    now.title = "another"
    #expect(BenchComparison(now, with: old).warnings.count == 1)
    now.measurements.removeLast()
    #expect(
      BenchComparison(now, with: old).missing == ["a map, folder, references, per granule, warm"])
  }

  @Test(arguments: [
    (0.000_045_6, "45.6 µs"), (0.002, "2.00 ms"), (0.0999, "99.9 ms"), (1.5, "1.50 s"),
    (119, "119 s"), (180, "3.00 min"),
  ])
  func `times have three digits and a unit`(seconds: Double, text: String) {
    #expect(Figures.seconds(seconds) == text)
  }

  @Test func `a logarithmic axis holds its values between powers of ten`() {
    let axis = LogAxis([0.003, 0.4], from: 100, to: 400)
    #expect(axis.ticks == [0.001, 0.01, 0.1, 1])
    #expect(axis.place(0.001) == 100)
    #expect(abs(axis.place(0.01) - 200) < 1e-9)
    #expect(abs(axis.place(1) - 400) < 1e-9)
  }

  @Test func `costs are requests and bytes times prices, for the whole archive`() throws {
    let config = try BenchConfig(
      yaml: """
        title: t
        stacks: [{name: s, firstYear: 2020, years: 1, days: 365, rows: 10, columns: 10, converted: [a]}]
        jobs: [{name: one pixel, stack: s, variable: a, points: 1}]
        growth: []
        simulated: {latencyMilliseconds: [], megabytesPerSecond: [], jobs: []}
        bucket: []
        conversion: {stack: s, days: 1, variables: [a], repeats: 1}
        rounds: 1
        secondsPerRoute: 1
        """)
    let prices = try CostModel.Prices(
      yaml: """
        source: made up
        date: 2020-01-01
        currency: EUR
        perThousandReads: 0.5
        perThousandWrites: 5
        perGigabyteOut: 0.1
        perGigabyteMonth: 0.02
        perCoreHour: 0.05
        archive: {granules: 3650, years: 10, rows: 20, columns: 10}
        """)
    var report = Self.report()
    report.stacks = [
      .init(
        name: "s", years: 1, daysPerYear: 365, granuleCount: 365, rows: 10, columns: 10,
        variables: ["a"], granuleByteCount: 1, storeByteCounts: [:], storeObjectCounts: [:],
        referenceByteCount: 1)
    ]
    report.measurements = [
      Self.measurement("one pixel", .zarrV3, 1, steps: 365, cold: (4, 1_000_000)),
      Self.measurement("one pixel", .references, 1, steps: 365, cold: (730, 2_000_000)),
      Self.measurement("one pixel", .wholeFile, 1, steps: 365, cold: (365, 500_000_000)),
    ]
    let costs = try #require(CostModel(report, config, prices: prices))
    // Stores: requests by the year. Granules: by the granule, whole ones also by their area.
    #expect(costs.drills.map(\.requests) == [40, 7300, 3650])
    #expect(costs.drills.map(\.bytes) == [1e7, 2e7, 1e10])
    let expected = [0.02 + 0.001, 3.65 + 0.002, 1.825 + 1]
    for (drill, cost) in zip(costs.drills, expected) { #expect(abs(drill.cost - cost) < 1e-9) }
    #expect(
      costs.drills[2].arithmetic
        == "365 requests × 3650 ÷ 365 granules = 3,650; 500 MB × 3650 ÷ 365 × 2.00 times the area = "
        + "10.0 GB; 3,650 × 0.5 ÷ 1000 + 10.0 GB × 0.1 = EUR 2.83")
  }

  static func measurement(
    _ job: String, _ route: Route, _ seconds: Double, steps: Int,
    cold: (requests: Int, bytes: Int)? = nil
  ) -> BenchReport.Measurement {
    .init(
      job: job, network: "folder", isSimulated: false, route: route,
      temperature: cold == nil ? .warm : .cold, seconds: Spread([seconds]), cpuSeconds: seconds,
      requestCount: cold?.requests, byteCount: cold?.bytes, pixelCount: 1, stepCount: steps)
  }

  static func report() -> BenchReport {
    var report = BenchReport(
      title: "test",
      machine: Machine(
        processor: "p", coreCount: 2, memoryByteCount: 1, system: "s", loadBefore: 0, loadAfter: 0),
      versions: ["pixeldrill": "0"])
    report.measurements = [
      measurement("one pixel", .zarrV3, 0.002, steps: 365),
      measurement("one pixel", .references, 0.1, steps: 365),
      measurement("a map", .zarrV3, 0.03, steps: 1),
      measurement("a map", .references, 0.003, steps: 1),
    ]
    return report
  }
}
