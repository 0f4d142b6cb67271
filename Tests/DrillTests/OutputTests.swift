import CF
import Drill
import Foundation
import FoundationXML
import NetCDF
import Testing

struct OutputTests {
  private func series(_ selection: Selection) async throws -> TimeSeries {
    try await DrillData.archive(DrillData.store("zarr2")).drill(
      DrillRequest(variables: DrillData.variables, selection: selection))
  }

  private let two = Selection.places([
    try! Place(latitude: 19.99, longitude: 179.93, id: "north & west"),
    try! Place(latitude: 19.89, longitude: -179.95, id: "b"),
  ])

  @Test func `numbers in CSV read back the same`() async throws {
    let series = try await series(.box(try BoundingBox(text: DrillData.wholeGrid)))
    let lines = String(decoding: series.csv(), as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "time,latitude,longitude," + DrillData.variables.joined(separator: ","))
    #expect(lines.count == 380)
    for (index, variable) in DrillData.variables.enumerated() {
      let expected = try DrillData.expected(variable, in: "zarr2")
      for (line, value) in zip(lines.dropFirst(), expected) {
        let cell = line.split(separator: ",", omittingEmptySubsequences: false)[3 + index]
        switch series.columns[index].values.type {
        case .float32: #expect((Float(cell) ?? .nan).bitPattern == Float(value).bitPattern)
        default: #expect((Double(cell) ?? .nan).bitPattern == value.bitPattern)
        }
      }
    }
  }

  @Test func `CoverageJSON is a collection of point series`() async throws {
    let series = try await series(two)
    let root = try #require(
      try JSONSerialization.jsonObject(with: Data(series.coverageJSON())) as? [String: Any])
    #expect(root["type"] as? String == "CoverageCollection")
    let coverages = try #require(root["coverages"] as? [[String: Any]])
    #expect(coverages.map { $0["id"] as? String } == ["north & west", "b"])
    let ranges = try #require(coverages[0]["ranges"] as? [String: [String: Any]])
    let values = try #require(ranges["temperature"]?["values"] as? [Any])
    let expected = try DrillData.expected("temperature", in: "zarr2")
    for (value, expected) in zip(values, expected[..<9]) {
      let number = (value as? Double).map(Float.init) ?? .nan
      #expect(number.bitPattern == Float(expected).bitPattern)
    }
  }

  @Test func `the NetCDF file has every value in its type`() async throws {
    let series = try await series(two)
    try await DrillData.withFolder { folder in
      let path = folder.appending(component: "series.nc").path
      try series.writeNetCDF(to: path, title: "t", history: "h")
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["series.nc"])
      let source = try await GranuleFinder(open: { try DrillData.open($0) }).granules([path])[0]
      let granule = try await DrillData.parser.header(of: source)
      for column in series.columns {
        let variable = try #require(granule.variable(column.name))
        let packing = try #require(variable.packing)
        #expect(variable.dimensions == ["station", "time"])
        #expect(packing.packedType == column.values.type)
        let bytes = try LibNetCDF.values(path: path, variable: column.name, region: nil)
        let stored = SeriesValues(unpacking: bytes, packing)
        #expect(stored.doubles == column.values.doubles, "\(column.name)")
      }
      let time = try LibNetCDF.values(path: path, variable: "time", region: [0..<1])
      #expect(time.withUnsafeBytes { $0.loadUnaligned(as: Double.self) } == 1_230_000_000)
    }
  }

  @Test func `the drawing is XML with a mark for each value, of another shape for each place`()
    async throws
  {
    let series = try await series(two)
    let text = String(decoding: series.svg(title: "a < b"), as: UTF8.self)
    let parser = XMLParser(data: Data(text.utf8))
    #expect(parser.parse())
    #expect(text.contains("a &lt; b") && text.contains("north &amp; west"))
    var dots = 0
    for column in series.columns {
      dots += column.values.statuses.filter { $0 == .value }.count
    }
    // Discs and squares; the legend has one more disc, and a square of another size.
    let marks = ["h0", "h3.6v3.6h-3.6z"].map { text.split(separator: $0).count - 1 }
    #expect(marks.reduce(0, +) == dots + 1)
    #expect(marks.allSatisfy { $0 > 1 })
  }

  @Test func `a box is reduced to one series`() async throws {
    let archive = try await DrillData.archive(DrillData.store("zarr3"))
    var request = try DrillData.everything("temperature")
    let plain = try DrillData.expected("temperature", in: "zarr3")
    for reduction in Reduction.allCases {
      request.reduction = reduction
      let series = try await archive.drill(request)
      #expect(series.targets.count == 1)
      #expect(abs(series.targets[0].latitude - 19.94) < 1e-5)
      for step in 0..<9 {
        let valid = (0..<42).map { plain[$0 * 9 + step] }.filter { !$0.isNaN }
        let mean = valid.reduce(0, +) / Double(valid.count)
        let expected =
          switch reduction {
          case .mean: mean
          case .min: valid.min() ?? .nan
          case .max: valid.max() ?? .nan
          case .std: Self.deviation(valid, mean)
          case .count: Double(valid.count)
          }
        #expect(series.columns[0].values[step] == expected)
        if reduction != .count {
          #expect(series.columns[1].values[step] == Double(valid.count))
        }
      }
    }
  }

  private static func deviation(_ values: [Double], _ mean: Double) -> Double {
    let squares = values.map { ($0 - mean) * ($0 - mean) }
    return (squares.reduce(0, +) / Double(values.count)).squareRoot()
  }

  @Test func `values are compared with the mean of their month`() async throws {
    let archive = try await DrillData.archive(DrillData.store("zarr3"))
    var request = DrillRequest(
      variables: ["temperature"],
      selection: .places([try Place(latitude: 19.99, longitude: 179.93)]))
    request.climatology = .month
    let series = try await archive.drill(request)
    let values = try DrillData.expected("temperature", in: "zarr3")[..<9]
    // The first seven steps are in December, the last two in January.
    let december = values[..<7].filter { !$0.isNaN }
    let mean = december.reduce(0, +) / Double(december.count)
    #expect(
      series.columns.map(\.name) == [
        "temperature", "temperature_climatology", "temperature_anomaly",
      ])
    for step in 0..<7 {
      #expect(series.columns[1].values[step] == mean)
      let value = values[step]
      let anomaly: Double? = value.isNaN ? nil : value - mean
      #expect(series.columns[2].values[step] == anomaly)
    }
    let january = values[7...].filter { !$0.isNaN }
    let other = january.reduce(0, +) / Double(january.count)
    #expect(series.columns[1].values[8] == (january.isEmpty ? nil : other))
  }
}
