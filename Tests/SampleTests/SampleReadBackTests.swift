import CF
import NetCDF
import Storage
import Testing

@testable import Sample

/// The granules as other code sees them.
struct SampleReadBackTests {
  /// A written stack and its headers, read by our own parser.
  static func withHeaders(
    _ stack: SampleStack, _ body: ([Granule], _ folder: String) async throws -> Void
  ) async throws {
    try await SampleWriteTests.withFolder { folder in
      _ = try stack.write(to: folder, workers: 2) { _ in }
      let store = FolderStore(path: folder)
      let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
      var headers: [Granule] = []
      for granule in stack.granules {
        let key = try StoreKey(granule.name)
        let info = try #require(try await store.info(key))
        headers.append(
          try await parser.header(of: GranuleSource(store: store, key: key, info: info)))
      }
      try await body(headers, folder)
    }
  }

  @Test func `libnetcdf reads the numbers that were packed`() async throws {
    let stack = try SampleStackTests.stack(days: 4, rows: 31, columns: 43)
    let land = stack.grid.latitudes.map {
      Coastline.landColumns(latitude: $0, longitudes: stack.grid.longitudes)
    }
    try await Self.withHeaders(stack) { headers, folder in
      for (granule, header) in zip(stack.granules, headers) {
        let scene = DayScene(
          grid: stack.grid, land: land, day: granule.day,
          yearPart: (Double(granule.day) + 55200.0 / 86400) / 365.25, seed: stack.seed)
        for variable in granule.variables {
          let stored = try LibNetCDF.values(
            path: folder + "/" + granule.name, variable: variable.rawValue, region: nil)
          let packing = try #require(header.variable(variable.rawValue)?.packing)
          #expect(packing.isPacked == (variable.packing != .none))
          Self.expect(stored, variable, packing, scene)
        }
      }
    }
  }

  /// Every stored number unpacks to the scene's value, to half a step; fill stands elsewhere.
  static func expect(
    _ stored: [UInt8], _ variable: L3SVariable, _ packing: Packing, _ scene: DayScene
  ) {
    let numbers: [Int64] = stored.withUnsafeBytes { bytes in
      switch variable.type {
      case .int16: bytes.bindMemory(to: Int16.self).map(Int64.init)
      case .int32: bytes.bindMemory(to: Int32.self).map(Int64.init)
      default: bytes.bindMemory(to: Int8.self).map(Int64.init)
      }
    }
    var wanted = [Double](repeating: .nan, count: numbers.count)
    let values = scene.values(of: variable)
    for row in 0..<scene.grid.rowCount {
      for run in scene.runs.row(row) {
        for column in run.start..<run.end {
          let pixel = row * scene.grid.columnCount + column
          wanted[pixel] = values[run.offset + column - run.start]
        }
      }
    }
    let step = packing.scaleFactor ?? 0
    let wrong = zip(numbers, wanted).count { number, value in
      if value.isNaN { return number != variable.fill }
      return number == variable.fill
        || !(abs(packing.value(Double(number)) - value) <= step * 0.501)
    }
    #expect(wrong == 0, "\(variable.rawValue)")
  }

  @Test func `headers have the traps of the archive`() async throws {
    let stack = try SampleStackTests.stack(days: 9, rows: 45, columns: 60)
    try await Self.withHeaders(stack) { headers, _ in
      #expect(headers.count == 8)
      let offsets = Set(
        headers.compactMap { $0.variable("sea_surface_temperature")?.packing?.addOffset })
      #expect(offsets.count == headers.count)
      let scales = Set(
        headers.compactMap { $0.variable("sea_surface_temperature")?.packing?.scaleFactor })
      #expect(scales == [0.009999999776482582])
      let shapes = headers.compactMap { $0.variable("quality_level")?.layout.tileShape }
      #expect(shapes.first == [1, 23, 30] && shapes.last == [1, 15, 20])
      let dimensions = headers.map { $0.dimensions.map(\.name) }
      #expect(dimensions.allSatisfy { $0 == ["lat", "lon", "time"] })
      for (granule, header) in zip(stack.granules, headers) {
        #expect(header.attributes["title"]?.text?.hasPrefix("SYNTHETIC") == true)
        #expect(header.attributes["comment"]?.text?.hasPrefix("SYNTHETIC") == true)
        let names = header.variables.map(\.name).filter { !["lat", "lon", "time"].contains($0) }
        #expect(names == granule.variables.map(\.rawValue))
        let flags = try #require(header.variable("l2p_flags"))
        #expect(flags.attributes["flag_masks"]?.doubles.last == 16384)
        #expect(!(flags.packing?.isPacked ?? true))
      }
    }
  }
}
