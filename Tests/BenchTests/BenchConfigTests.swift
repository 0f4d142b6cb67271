import Foundation
import Testing

@testable import Bench

struct BenchConfigTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../benchmarks")

  private func text(_ name: String) throws -> String {
    try String(contentsOf: Self.folder.appending(path: name), encoding: .utf8)
  }

  @Test(arguments: ["full.yaml", "quick.yaml"])
  func `the kept configurations can be read`(name: String) throws {
    let config = try BenchConfig(yaml: text(name))
    #expect(config.jobs.count >= 5)
    #expect(config.growth.map(\.over) == [.days, .years])
    // Costs are counted on it.
    #expect(config.jobs.contains { $0.points == 1 && $0.years == nil && $0.days == nil })
  }

  @Test func `the kept prices can be read`() throws {
    let prices = try CostModel.Prices(yaml: text("prices.yaml"))
    #expect(prices.archive.granules == 12_063)
    #expect(prices.archive.years == 33)
  }

  @Test(arguments: [
    (
      "stack: year, variable: sea_surface_temperature, box: 25",
      "stack: month, variable: a, box: 25",
      "no stack “month”"
    ),
    ("box: 25", "box: 25, points: 3", "either “points” or “box”"),
    ("bucket: [\"one pixel, 1 year\"]", "bucket: [everything]", "no job “everything”"),
    ("rounds: 2", "rounds: 0", "at least 1"),
    ("rounds: 2", "rounds: often", "“rounds”"),
    ("rounds: 2", "turns: 2", "“rounds” is missing"),
    ("points: 10}", "points: ten}", "“jobs”, entry 3, “points”"),
    ("flags, firstYear: 2020, years: 1", "flags, firstYear: 2020, years: 2", "its “years” is 1"),
  ])
  func `a configuration that can't be run is refused`(
    what: String, with: String, words: String
  ) throws {
    let changed = try text("quick.yaml").replacing(what, with: with)
    #expect {
      try BenchConfig(yaml: changed)
    } throws: { error in
      "\(error)".contains(words)
    }
  }
}
