import CF
import Foundation
import Storage
import Testing
import Zarr

/// Stores that zarr-python 2, zarr-python 3 and tensorstore wrote, read whole and in parts.
struct OtherWritersTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Data/zarr")

  private func store(_ writer: String) -> FolderStore {
    FolderStore(path: Self.folder.appending(path: writer).path)
  }

  private func expected(_ writer: String, _ name: String) throws -> [UInt8] {
    try Array(
      Data(contentsOf: Self.folder.appending(path: "\(writer).expected/\(name).bin")))
  }

  private func check(_ array: ZarrArray, _ writer: String, _ name: String) async throws {
    let expected = try expected(writer, name)
    let shape = array.metadata.shape
    #expect(try await array.read(shape.map { 0..<$0 }) == expected, "\(writer)/\(name)")
    // Every element by itself.
    let size = array.metadata.dataType.byteCount
    guard shape.count == 3 else { return }
    for index in 0..<expected.count / size {
      let point = [index / (shape[1] * shape[2]), index / shape[2] % shape[1], index % shape[2]]
      let bytes = try await array.read(point.map { $0..<$0 + 1 })
      #expect(bytes == Array(expected[index * size..<(index + 1) * size]), "\(name) at \(point)")
    }
  }

  @Test(arguments: ["zarr2", "zarr3"])
  func `every array of a consolidated group has the writer's numbers`(writer: String) async throws {
    let group = try await ZarrGroup.open(store: store(writer))
    #expect(group.attributes["title"]?.text == "by zarr-python \(group.format.rawValue)")
    #expect(group.arrayNames.count == (writer == "zarr2" ? 18 : 16))
    for name in group.arrayNames where name != "unreadable" {
      try await check(try group.array(name), writer, name)
    }
  }

  @Test(arguments: ["zarr2", "zarr3", "tensorstore"])
  func `the arrays of a group that isn't consolidated are found by listing it`(
    writer: String
  ) async throws {
    let store = MemoryStore()
    let folder = self.store(writer)
    for object in try await folder.list(nil, recursive: true).objects
    where object.key.text != ".zmetadata" {
      var bytes = try #require(try await folder.read(object.key))
      if object.key.text == "zarr.json" {
        bytes = Array(#"{"zarr_format": 3, "node_type": "group"}"#.utf8)
      }
      try await store.write(bytes, to: object.key)
    }
    let group = try await ZarrGroup.open(store: store)
    let count = ["zarr2": 18, "zarr3": 15, "tensorstore": 4][writer]
    #expect(group.arrayNames.count == count)
    for name in group.arrayNames where name != "unreadable" {
      try await check(try group.array(name), writer, name)
    }
  }

  @Test func `an array opens by its own metadata`() async throws {
    for name in ["sharded", "sharded_start", "sharded_gzip", "sharded_blosc", "v2_blosc"] {
      try await check(
        try await ZarrArray.open(store: store("tensorstore"), path: name), "tensorstore", name)
    }
  }

  @Test func `a type that is no number keeps nobody from the other arrays`() async throws {
    let v2 = try await ZarrGroup.open(store: store("zarr2"))
    #expect(
      throws: ZarrError.unsupported(
        key: StoreKey(literal: ".zmetadata"), feature: "dtype \"|S4\"")
    ) { try v2.metadata(of: "unreadable") }
    let v3 = try await ZarrGroup.open(store: store("zarr3"))
    #expect(
      throws: ZarrError.unsupported(
        key: StoreKey(literal: "zarr.json"), feature: "data_type \"bool\"")
    ) { try v3.metadata(of: "unreadable") }
  }

  @Test func `one pixel of a sharded array takes an index and a chunk, later ones a chunk`()
    async throws
  {
    let counting = CountingStore(store("zarr3"))
    let group = try await ZarrGroup.open(store: counting)
    let array = try group.array("sharded")
    #expect(array.metadata.shardShape == [4, 3, 2])
    #expect(array.metadata.chunkShape == [4, 1, 2])
    counting.reset()
    _ = try await array.read([0..<4, 0..<1, 0..<1])
    #expect(counting.counts.requests(.read) == 2)
    _ = try await array.read([0..<4, 1..<2, 1..<2])
    #expect(counting.counts.requests(.read) == 3)
  }

  @Test func `attributes keep their kind, also numbers JSON doesn't have`() async throws {
    let group = try await ZarrGroup.open(store: store("zarr2"))
    let range = try #require(group.attributes["range"]?.doubles)
    #expect(range[0] == 0.5 && range[1].isNaN && range[2] == 1e300)
    let partial = try group.metadata(of: "partial")
    #expect(partial.dimensionNames == ["time", "lat", "lon"])
    #expect(partial.packing.scaleFactor == 0.01)
    #expect(partial.packing.missing == [0x8000])
    #expect(partial.attributes["_ARRAY_DIMENSIONS"] == nil)
  }

  @Test func `an absent chunk without fill value is an error, not zeros`() async throws {
    let store = MemoryStore()
    for name in ["int64/.zarray", "int64/.zattrs", "int64/0.0.0"] {
      let bytes = try #require(try await self.store("zarr2").read(StoreKey(name)))
      try await store.write(bytes, to: StoreKey(name))
    }
    let array = try await ZarrArray.open(store: store, path: "int64")
    #expect(try await array.read([0..<4, 0..<3, 0..<2]).count == 4 * 3 * 2 * 8)
    await #expect(throws: ZarrError.undefinedChunk(key: StoreKey(literal: "int64/0.1.0"))) {
      try await array.read([0..<1, 3..<4, 0..<1])
    }
  }

  @Test func `what isn't there, or isn't in the array, is refused`() async throws {
    let store = store("zarr3")
    await #expect(throws: ZarrError.notFound(path: "no", location: store.location)) {
      try await ZarrArray.open(store: store, path: "no")
    }
    await #expect(throws: ZarrError.notFound(path: "", location: "memory")) {
      try await ZarrGroup.open(store: MemoryStore())
    }
    let array = try await ZarrArray.open(store: store, path: "sharded")
    await #expect(
      throws: ZarrError.regionOutOfBounds(
        path: "sharded", region: [0..<5, 0..<1, 0..<1], shape: [4, 5, 3])
    ) { try await array.read([0..<5, 0..<1, 0..<1]) }
  }
}
