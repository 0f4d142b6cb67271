import CF
import Drill
import Foundation
import Testing

/// What is damaged, lost or not finished is an error, never a gap.
struct DamageTests {
  private func drill(_ path: String) async throws {
    _ = try await DrillData.archive(path).drill(
      try DrillData.everything("sea_surface_temperature"))
  }

  private func firstShard(of store: URL) -> URL {
    store.appending(path: "sea_surface_temperature/c/0/0/0")
  }

  @Test(arguments: [20, -8])  // in a chunk, and in the index
  func `a flipped byte is an error`(position: Int) async throws {
    try await DrillData.withCopy(of: "zarr3-sharded") { store in
      try await drill(store.path)
      let shard = firstShard(of: store)
      var bytes = try Data(contentsOf: shard)
      bytes[position < 0 ? bytes.count + position : position] ^= 0x41
      try bytes.write(to: shard)
      await #expect(throws: DrillError.self) { try await drill(store.path) }
    }
  }

  @Test func `a shard that ends early is an error`() async throws {
    try await DrillData.withCopy(of: "zarr3-sharded") { store in
      let shard = firstShard(of: store)
      try Data(contentsOf: shard).dropLast(7).write(to: shard)
      await #expect(throws: DrillError.self) { try await drill(store.path) }
      try Data().write(to: shard)
      await #expect(throws: DrillError.self) { try await drill(store.path) }
    }
  }

  @Test func `an absent shard is fill, but lost if the manifest lists it`() async throws {
    try await DrillData.withCopy(of: "zarr3-sharded", as: "zarrs/2020") { store in
      try FileManager.default.removeItem(at: firstShard(of: store))
      try await drill(store.path)
      let root = store.deletingLastPathComponent().deletingLastPathComponent()
      let manifests = root.appending(component: "manifests")
      try FileManager.default.createDirectory(at: manifests, withIntermediateDirectories: false)
      let manifest = manifests.appending(component: "2020.json")
      try Data(#"{"objects":[],"sources":[]}"#.utf8).write(to: manifest)
      try await drill(store.path)
      let listed =
        #"{"objects":[{"key":"sea_surface_temperature/c/0/0/0","byteCount":9}],"sources":[]}"#
      try Data(listed.utf8).write(to: manifest)
      for path in [store.path, store.deletingLastPathComponent().path, root.path] {
        await #expect {
          try await drill(path)
        } throws: {
          "\($0)".contains("manifest lists it")
        }
      }
      try Data("{".utf8).write(to: manifest)
      await #expect(throws: DrillError.self) { try await drill(store.path) }
    }
  }

  @Test func `a manifest says where steps come from, and what their granules lack`() async throws {
    try await DrillData.withCopy(of: "zarr3-sharded", as: "zarrs/2020") { store in
      let manifests = store.deletingLastPathComponent().deletingLastPathComponent()
        .appending(component: "manifests")
      try FileManager.default.createDirectory(at: manifests, withIntermediateDirectories: false)
      let text = """
        {"objects":[],"sources":[
        {"location":"s3://b/one.nc","etag":"1a","times":["2019-12-24T02:40:00Z"],
         "absentVariables":["sea_surface_temperature"]},
        {"location":"s3://b/two.nc","times":["2019-12-25T02:40:00Z"],"absentVariables":[]}]}
        """
      try Data(text.utf8).write(to: manifests.appending(component: "2020.json"))
      var request = DrillRequest(
        variables: ["sea_surface_temperature"],
        // All fill there.
        selection: .places([try Place(latitude: 19.89, longitude: 180.05)]))
      request.explainsGaps = true
      request.namesOrigins = true
      let series = try await DrillData.archive(store.path).drill(request)
      #expect(
        series.columns[0].values.statuses[..<3] == [.variableAbsent, .fill, .noGranule])
      #expect(series.origins[..<2].map(\.location) == ["s3://b/one.nc", "s3://b/two.nc"])
      #expect(series.origins[..<2].map(\.etag) == ["1a", ""])
    }
  }

  @Test func `a store without its metadata isn't finished`() async throws {
    try await DrillData.withCopy(of: "zarr3-sharded", as: "zarrs/2020") { store in
      try FileManager.default.removeItem(at: store.appending(component: "zarr.json"))
      let zarrs = store.deletingLastPathComponent().path
      for path in [store.path, zarrs] {
        await #expect(throws: DrillError.unfinished(location: store.path)) {
          try await drill(path)
        }
      }
    }
  }

  @Test func `a place with nothing in it is no source`() async throws {
    try await DrillData.withFolder { folder in
      await #expect(throws: DrillError.self) { try await drill(folder.path) }
      await #expect(throws: DrillError.self) { try await drill("\(folder.path)/none") }
    }
  }

  @Test func `a source of another grid is refused`() async throws {
    await #expect {
      _ = try await DrillData.archive(DrillData.store("zarr3"), DrillData.granules)
    } throws: {
      "\($0)".contains("another grid")
    }
  }
}
