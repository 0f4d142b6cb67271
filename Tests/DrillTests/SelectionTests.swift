import CF
import Drill
import Testing

struct SelectionTests {
  private let archive = { try await DrillData.archive(DrillData.store("zarr3-sharded")) }

  private func point(
    _ latitude: Double, _ longitude: Double, _ id: String = "", _ window: TimeWindow = .all
  ) throws -> Place {
    try Place(latitude: latitude, longitude: longitude, id: id, window: window)
  }

  @Test func `the nearest pixel is found across 180 degrees, and its distance given`() async throws
  {
    let archive = try await archive()
    for longitude in [180.0, -180] {
      let series = try await archive.drill(
        DrillRequest(
          variables: ["temperature"],
          selection: .places([try point(19.95, longitude)])))
      let target = try #require(series.targets.first)
      #expect(Float(target.latitude) == 19.95)
      #expect(Float(target.longitude) == 180.01)  // of two equally near ones the larger
      // 0.01 degree of longitude at 19.95 N: 111.195 km * cos(19.95°) / 100
      #expect(abs(target.kilometres - 1.0452) < 0.002)
      let row = try DrillData.expected("temperature", in: "zarr3-sharded")[(2 * 7 + 4) * 9..<171]
      #expect(series.columns[0].values.doubles == row.map(\.bitPattern))
    }
  }

  @Test func `a place outside the grid is answered with the grid's extent`() async throws {
    let archive = try await archive()
    await #expect(
      throws: DrillError.outsideGrid(
        latitude: 20.01, longitude: 180,
        extent: "latitude 19.89 … 19.99, longitude 179.93 … 180.05")
    ) {
      _ = try await archive.drill(
        DrillRequest(variables: ["temperature"], selection: .places([try point(20.01, 180)])))
    }
    #expect(throws: DrillError.self) { try point(95, 0) }
    #expect(throws: DrillError.self) { try point(.nan, 0) }
  }

  @Test func `places have windows of their own`() async throws {
    let archive = try await archive()
    let window = TimeWindow(from: try DateText("2019-12-26"), until: try DateText("2019-12-27"))
    let series = try await archive.drill(
      DrillRequest(
        variables: ["temperature"],
        selection: .places([
          try point(19.99, 179.93, "a", window), try point(19.89, 180.05, "b"),
          try point(19.99, 179.93, "c"),
        ])))
    #expect(series.windows == [2..<4, 0..<9, 0..<9])
    let lines = String(decoding: series.csv(), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "time,latitude,longitude,temperature,id,distance_km")
    #expect(lines.count == 21)
    #expect(lines[1].hasPrefix("2019-12-26T02:40:00Z,19.99,179.93,"))
    #expect(lines[1].hasSuffix(",a,0.001"))
  }

  @Test func `every n-th step is counted from the first of the window`() async throws {
    let archive = try await archive()
    let window = TimeWindow(from: try DateText("2019-12-25"), until: nil)
    let series = try await archive.drill(
      DrillRequest(
        variables: ["temperature"], selection: .places([try point(19.99, 179.93)]),
        window: window, every: 3))
    #expect(
      series.instants.map(\.dateText) == ["2019-12-25", "2019-12-28", "2020-01-01"])
    await #expect(throws: DrillError.noSteps(first: "2019-12-24", last: "2020-01-02")) {
      _ = try await archive.drill(
        DrillRequest(
          variables: ["temperature"], selection: .places([try point(19.99, 179.93)]),
          window: TimeWindow(from: try DateText("2021"), until: nil)))
    }
  }

  @Test func `missing steps are named, if wanted`() async throws {
    let archive = try await archive()
    var request = DrillRequest(
      variables: ["temperature"], selection: .places([try point(19.99, 179.93)]))
    request.explainsGaps = true
    let series = try await archive.drill(request)
    #expect(series.instants.count == 10)
    #expect(series.columns[0].values.statuses[5] == .noGranule)
    let lines = String(decoding: series.csv(withStatus: true), as: UTF8.self).split(separator: "\n")
    #expect(lines[0] == "time,latitude,longitude,temperature,temperature_status")
    #expect(lines[6] == "2019-12-29T02:40:00Z,19.99,179.93,,no granule")
  }

  @Test func `an unknown variable is answered with the nearest name`() async throws {
    let archive = try await archive()
    await #expect(
      throws: DrillError.unknownVariable(
        "temprature", nearest: "temperature", known: archive.variableNames)
    ) {
      _ = try await archive.drill(try DrillData.everything("temprature"))
    }
    await #expect {
      _ = try await archive.drill(try DrillData.everything("lat"))
    } throws: {
      "\($0)".contains("no time series of pixels")
    }
  }

  @Test func `a table of places is read`() throws {
    let places = try PointsFile.places(
      "\u{FEFF}name,LAT,lon,from\r\n\"a, \"\"b\"\"\", -1.5 ,200,2020-01\n,2,3,\n\n", name: "p.csv")
    #expect(places.map(\.id) == ["a, \"b\"", "2"])
    #expect(places.map(\.latitude) == [-1.5, 2])
    #expect(places[0].window.from == (try DateText("2020-01")))
    for text in ["", "lat\n1\n", "lat,lon\n", "lat,lon\n1,x\n", "lat,lon\n91,0\n"] {
      #expect(throws: DrillError.self) { try PointsFile.places(text, name: "p.csv") }
    }
  }
}
