import CF
import Drill
import Testing

struct FilterTests {
  private func drill(_ filters: [SeriesFilter]) async throws -> (
    series: TimeSeries, quality: [Double], flags: [Double], plain: [Double]
  ) {
    let archive = try await DrillData.archive(DrillData.store("zarr3-sharded"))
    var request = try DrillData.everything("sea_surface_temperature")
    request.filters = filters
    return (
      try await archive.drill(request),
      try DrillData.expected("quality_level", in: "zarr3-sharded"),
      try DrillData.expected("l2p_flags", in: "zarr3-sharded"),
      try DrillData.expected("sea_surface_temperature", in: "zarr3-sharded")
    )
  }

  @Test(arguments: [
    (condition: "quality_level>=4", kept: [4.0, 5]), ("quality_level == best_quality", [5]),
    ("quality_level!=3", [0, 1, 2, 4, 5]), ("quality_level<2", [0, 1]),
  ])
  func `only values whose condition holds stay`(condition: String, kept: [Double]) async throws {
    let (series, quality, _, plain) = try await drill([try SeriesFilter(condition: condition)])
    let values = series.columns[0].values
    for (index, value) in plain.enumerated() {
      if value.isNaN {
        #expect(values.statuses[index] == .fill)
      } else if kept.contains(quality[index]) {
        #expect(values[index] == value)
      } else {
        #expect(values.statuses[index] == .filtered)
        #expect(values[index] == nil)
      }
    }
    #expect(values.statuses.contains(.value) && values.statuses.contains(.filtered))
  }

  @Test func `values with one of the flags are dropped`() async throws {
    let (series, _, flags, plain) = try await drill([SeriesFilter(clear: "land,cloud")])
    for (index, value) in plain.enumerated() where !value.isNaN {
      let bits = Int(flags[index])
      let isClear = bits & 2 == 0 && bits & 16384 == 0
      #expect(series.columns[0].values.statuses[index] == (isClear ? .value : .filtered))
    }
  }

  @Test func `a store that keeps numbers as floats is filtered alike`() async throws {
    let condition = try SeriesFilter(condition: "quality_level>=4")
    let (series, _, _, _) = try await drill([condition])
    var request = try DrillData.everything("sea_surface_temperature")
    request.filters = [condition]
    let floats = try await DrillData.archive(DrillData.store("prototype")).drill(request)
    #expect(floats.columns[0].values.doubles == series.columns[0].values.doubles)
  }

  @Test(arguments: ["", "quality_level", "quality_level>=", ">=4", "quality level ~ 4"])
  func `a condition of another form is refused`(text: String) {
    #expect(throws: DrillError.self) { try SeriesFilter(condition: text) }
  }

  @Test func `an unknown flag is answered with the nearest`() async throws {
    await #expect {
      _ = try await drill([SeriesFilter(clear: "lnd")])
    } throws: {
      "\($0)".contains("did you mean “land”?")
    }
    await #expect {
      _ = try await drill([try SeriesFilter(condition: "quality>=4")])
    } throws: {
      "\($0)".contains("“quality”")
    }
  }
}
