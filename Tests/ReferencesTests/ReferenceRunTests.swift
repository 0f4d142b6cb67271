import Foundation
import NetCDF
import References
import Storage
import Testing
import Zarr

struct ReferenceRunTests {
  private func run(
    _ sources: [GranuleSource], root: any ByteStore, inlineLimit: Int = 512
  ) async throws -> ReferenceRun.Summary {
    let builder = ReferenceBuilder(parser: TestGranules.parser, inlineLimit: inlineLimit)
    return try await ReferenceRun(builder: builder, root: root, width: 2).run(sources)
  }

  private func check(_ root: MemoryStore, _ sets: [WrittenSet]) async -> ReferenceCheck.Report {
    let check = ReferenceCheck(
      targets: ReferenceTargets(open: TestGranules.open), sampleCount: 1000)
    return await check.run(sets.map { ReferenceSource(store: root, key: $0.key) })
  }

  @Test func `a real pair of granules gives sets that hold what libnetcdf reads`() async throws {
    let root = MemoryStore()
    let summary = try await run(try await TestGranules.granules("ghrsst-l3s"), root: root)
    #expect(summary.failures.isEmpty)
    #expect(summary.sets.count == 2)
    let report = await check(root, summary.sets)
    #expect(report.problems == [])
    #expect(report.comparedCount > 30)
  }

  @Test(arguments: [0, 512])
  func `odd files give right values, or leave variables out and say so`(limit: Int) async throws {
    for folder in ["odd-hdf5", "odd-netcdf"] {
      let root = MemoryStore()
      let summary = try await run(
        try await TestGranules.granules(folder), root: root, inlineLimit: limit)
      let report = await check(root, summary.sets)
      // libnetcdf can't read some of the HDF5 files that we can.
      #expect(report.problems.filter { !$0.contains("NetCDF: ") } == [])
    }
  }

  @Test func `fill value is the packed _FillValue, filters are in the pipeline's order`()
    async throws
  {
    let root = MemoryStore()
    let summary = try await run(try await TestGranules.granules("ghrsst-l3s"), root: root)
    let set = try await ReferenceSource(store: root, key: summary.sets[0].key).open()
    let document = try JSONValue(
      parsing: try #require(set.document("sea_surface_temperature/.zarray")))
    #expect(document.object?["fill_value"]?.int == -32768)
    #expect(document.object?["compressor"]?.isNull == true)
    let filters = document.object?["filters"]?.array?.map { $0.object?["id"]?.string }
    #expect(filters == ["shuffle", "zlib"])
  }

  @Test func `a set whose granule is unchanged is left alone, another inline limit is not`()
    async throws
  {
    let root = MemoryStore()
    let sources = try await TestGranules.granules("ghrsst-l3s")
    #expect(try await run(sources, root: root).sets.allSatisfy(\.isNew))
    #expect(try await run(sources, root: root).sets.allSatisfy { !$0.isNew })
    #expect(try await run(sources, root: root, inlineLimit: 0).sets.allSatisfy(\.isNew))
  }

  @Test func `two granules of one name are refused`() async throws {
    let source = try await TestGranules.granules("ghrsst-l3s")[0]
    await #expect(throws: ReferenceError.self) {
      try await run([source, source], root: MemoryStore())
    }
  }

  @Test func `a source that changed is noticed by who demands it`() async throws {
    let root = MemoryStore()
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let original = try await TestGranules.granules("ghrsst-l3s")[0]
    let bytes = try #require(try await original.store.read(original.key))
    let store = FolderStore(path: folder)
    try await store.write(bytes, to: original.key)
    let info = try #require(try await store.info(original.key))
    let source = GranuleSource(store: store, key: original.key, info: info)
    let written = try await run([source], root: root, inlineLimit: 0).sets[0]
    let file = ReferenceSource(store: root, key: written.key)
    let set = try await file.open()
    let targets = ReferenceTargets(open: TestGranules.open)
    try await file.checkSources(of: set, targets: targets)
    try await store.write(bytes + [0], to: original.key)
    await #expect(throws: ReferenceError.self) {
      try await file.checkSources(of: set, targets: targets)
    }
    try await root.delete([StoreKey("refs/pins/\(written.key.name).pin")])
    await #expect(
      throws: ReferenceError.noPin(location: file.location, source: set.targets[0])
    ) {
      try await file.checkSources(of: set, targets: targets)
    }
  }

  @Test
  func `sets by kerchunk 0.0.5 are checked, and what was combined isn't held against one file`()
    async throws
  {
    let folder = TestGranules.data + "/kerchunk-0.0.5"
    let memory = MemoryStore()
    var sets: [ReferenceSource] = []
    for name in ["combined", "day0.nc", "day1.nc", "day2.nc"] {
      let text = try String(contentsOfFile: "\(folder)/\(name).json", encoding: .utf8)
        .replacingOccurrences(of: "DATA/", with: TestGranules.data + "/")
      let key = try StoreKey("\(name).json")
      try await memory.write(Array(text.utf8), to: key)
      sets.append(ReferenceSource(store: memory, key: key))
    }
    let targets = ReferenceTargets(open: TestGranules.open)
    let report = await ReferenceCheck(targets: targets, sampleCount: 100).run(sets)
    #expect(report.problems.isEmpty)
    // Of the combined set only the coordinates of space are those of the one file it leads to.
    #expect(report.comparedCount >= 3 * 7 + 2)
    #expect(report.comparedCount < report.decodedCount)
  }
}
