import CF
import Drill
import Foundation
import NetCDF
import Storage
import Testing

/// Two real granules, each with its own packing.
struct ThreeRoutesTests {
  private func everything(_ variables: [String]) throws -> DrillRequest {
    DrillRequest(
      variables: variables, selection: .box(try BoundingBox(text: "-90,-180,90,180")))
  }

  /// The kerchunk sets of the granules, leading to where these lie.
  private func withReferences(_ body: (String) async throws -> Void) async throws {
    try await DrillData.withFolder { folder in
      let refs = folder.appending(component: "refs")
      try FileManager.default.createDirectory(at: refs, withIntermediateDirectories: false)
      let stored = DrillData.store("references")
      for name in try FileManager.default.contentsOfDirectory(atPath: stored) {
        let text = try String(contentsOfFile: "\(stored)/\(name)", encoding: .utf8)
        try text.replacingOccurrences(of: "FOLDER", with: DrillData.granules).write(
          to: refs.appending(component: name), atomically: true, encoding: .utf8)
      }
      try await body(refs.path)
    }
  }

  @Test func `references and granules give what netCDF4 reads, unpacked granule by granule`()
    async throws
  {
    try await withReferences { refs in
      let granules = try await DrillData.archive(DrillData.granules)
      let references = try await DrillData.archive(refs)
      let root = try await DrillData.archive((refs as NSString).deletingLastPathComponent)
      let names = granules.variableNames.sorted()
      #expect(names.count == 16)
      #expect(references.variableNames.sorted() == names)
      let raw = try await granules.drill(try everything(names))
      let referenced = try await references.drill(try everything(names))
      let found = try await root.drill(try everything(names))
      for (index, column) in raw.columns.enumerated() {
        #expect(column.values == referenced.columns[index].values, "\(column.name)")
        #expect(column.values == found.columns[index].values, "\(column.name)")
      }
      for name in ["sea_surface_temperature", "sst_dtime", "sses_bias", "quality_level"] {
        let expected = try DrillData.expected(name, in: "references")
        let column = raw.columns.first { $0.name == name }
        #expect(column?.values.doubles == expected.map(\.bitPattern), "\(name)")
      }
    }
  }

  @Test(arguments: [GranuleSeries.Reading.library, .wholeFile])
  func `libnetcdf reads the same from the file in place and from a copy`(
    reading: GranuleSeries.Reading
  ) async throws {
    let tiles = try await DrillData.archive(DrillData.granules)
    var others: [any TimeSeriesSource] = []
    let finder = GranuleFinder(open: { try DrillData.open($0) })
    for source in try await finder.granules([DrillData.granules]) {
      others.append(
        try await GranuleSeries.open(source, parser: DrillData.parser, reading: reading))
    }
    let grid = tiles.grid
    // A pixel of each third row.
    let places = try stride(from: 0, to: grid.latitude.count, by: 3).map { row in
      try Place(
        latitude: grid.latitude.values[row], longitude: grid.longitude.values[row * 16 + 3])
    }
    let request = DrillRequest(
      variables: ["sea_surface_temperature", "sst_dtime", "quality_level", "l2p_flags"],
      selection: .places(places))
    let expected = try await tiles.drill(request)
    let series = try await Archive(others).drill(request)
    #expect(series.columns.map(\.values) == expected.columns.map(\.values))
  }

  @Test func `a mixed archive is one series, each step knowing its source`() async throws {
    try await withReferences { refs in
      let files = try FileManager.default.contentsOfDirectory(atPath: DrillData.granules).sorted()
      let mixed = try await DrillData.archive(
        "\(DrillData.granules)/\(files[1])", "\(refs)/\(files[0]).json")
      var request = try everything(["sea_surface_temperature"])
      request.namesOrigins = true
      let series = try await mixed.drill(request)
      let plain = try await DrillData.archive(DrillData.granules)
        .drill(try everything(["sea_surface_temperature"]))
      #expect(series.columns[0].values == plain.columns[0].values)
      #expect(series.instants == plain.instants)
      #expect(mixed.notes.isEmpty)
      #expect(series.origins.map(\.location) == files.map { "\(DrillData.granules)/\($0)" })
    }
  }

  /// Copies what kerchunk 0.0.5 wrote, leading to where the granules are.
  private func withOldSets(_ body: (URL) async throws -> Void) async throws {
    try await DrillData.withFolder { folder in
      let stored = DrillData.path("kerchunk-0.0.5")
      for name in try FileManager.default.contentsOfDirectory(atPath: stored)
      where name.hasSuffix(".json") {
        let text = try String(contentsOfFile: "\(stored)/\(name)", encoding: .utf8)
        try text.replacingOccurrences(of: "DATA/", with: "\(DrillData.folder.path)/").write(
          to: folder.appending(component: name), atomically: true, encoding: .utf8)
      }
      try await body(folder)
    }
  }

  @Test func `sets that kerchunk 0.0.5 wrote, single and combined, give what the granules give`()
    async throws
  {
    try await withOldSets { folder in
      let days = (0..<3).map { DrillData.path("kerchunk-0.0.5/day\($0).nc") }
      let raw = try await DrillData.archive(days[0], days[1], days[2])
      let expected = try await raw.drill(try everything(["sst", "flags"]))
      let single = (0..<3).map { folder.appending(component: "day\($0).nc.json").path }
      for archive in [
        try await DrillData.archive(single[0], single[1], single[2]),
        try await DrillData.archive(folder.appending(component: "combined.json").path),
      ] {
        let series = try await archive.drill(try everything(["sst", "flags"]))
        #expect(series.instants == expected.instants)
        #expect(series.columns.map(\.values) == expected.columns.map(\.values))
      }
      let granules = try await DrillData.archive(DrillData.granules)
      let names = granules.variableNames
      let sets = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        .filter { $0.hasPrefix("2017") }.sorted().map { folder.appending(component: $0).path }
      let old = try await DrillData.archive(sets[0], sets[1])
      let (one, other) = (
        try await granules.drill(try everything(names)), try await old.drill(try everything(names))
      )
      #expect(one.columns.map(\.values) == other.columns.map(\.values))
    }
  }

  @Test func `where a set states what is missing by attributes, its fill values are values`()
    async throws
  {
    try await withOldSets { folder in
      let file = folder.appending(component: "day0.nc.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      // HDF5's default where a file's writer gave none.
      let zero = text.replacingOccurrences(
        of: #"\"fill_value\": -127"#, with: #"\"fill_value\": 0"#)
      try #require(zero != text)
      try zero.write(to: file, atomically: true, encoding: .utf8)
      let raw = try await DrillData.archive(DrillData.path("kerchunk-0.0.5/day0.nc"))
      let expected = try await raw.drill(try everything(["flags"])).columns[0].values
      try #require((0..<expected.count).contains { expected[$0] == 0 })
      let archive = try await DrillData.archive(file.path)
      #expect(try await archive.drill(try everything(["flags"])).columns[0].values == expected)
    }
  }

  @Test func `references to a file that changed are refused where that is demanded`() async throws {
    try await withReferences { refs in
      let finder = SourceFinder(open: DrillData.open, parser: DrillData.parser)
      _ = try await finder.archive([refs])
      // Nothing is known of the files when these sets were made.
      await #expect(throws: DrillError.self) { try await finder.archive([refs], pinned: true) }
    }
  }
}
