import References
import Storage
import Testing
import Zarr

struct ReferenceStoreTests {
  /// A bucket of one object: bytes 100..<104 are the elements 1 and 2, the whole of `whole.bin`
  /// 7 and 8.
  private func targets(without gone: String? = nil) async throws -> ReferenceTargets {
    let store = MemoryStore()
    if gone != "day.nc" {
      try await store.write(
        [UInt8](repeating: 0, count: 100) + [1, 0, 2, 0], to: StoreKey("day.nc"))
    }
    try await store.write([7, 0, 8, 0], to: StoreKey("whole.bin"))
    return ReferenceTargets { location in
      if case .s3(_, let key) = location { return (store, key) }
      return (store, nil)
    }
  }

  private func set(refs: String = "") throws -> ReferenceSet {
    try ReferenceSet(
      parsing: Array(SampleSets.version1(refs: refs).utf8), location: "test")
  }

  @Test func `an array is read through its references`() async throws {
    let array = try set().array("sst", targets: try await targets())
    let bytes = try await array.read([0..<2, 0..<4])
    // Chunk 1.0 was never written: fill.
    #expect(bytes == [1, 0, 2, 0, 1, 0, 2, 0, 255, 255, 255, 255, 7, 0, 8, 0])
  }

  @Test func `as a store it opens like any Zarr group`() async throws {
    let store = ReferenceStore(try set(), targets: try await targets())
    let group = try await ZarrGroup.open(store: store)
    #expect(group.arrayNames == ["sst"])
    #expect(try await group.array("sst").read([1..<2, 2..<4]) == [7, 0, 8, 0])
  }

  @Test func `a target that is gone is an error, never fill`() async throws {
    let array = try set().array("sst", targets: try await targets(without: "day.nc"))
    await #expect(throws: ZarrError.self) { try await array.read([0..<1, 0..<2]) }
  }

  @Test func `a range past the target's end is an error`() async throws {
    let refs = #", "sst/1.0": ["s3://bucket/day.nc", 102, 4]"#
    let array = try set(refs: refs).array("sst", targets: try await targets())
    await #expect(throws: ZarrError.self) { try await array.read([1..<2, 0..<2]) }
  }

  @Test func `several references to one file are read together`() async throws {
    let set = try set()
    let references = try [[0, 0], [0, 1], [1, 1], [0, 0]].map { chunk in
      try #require(try set.reference(toChunk: chunk, of: "sst"))
    }
    let bytes = try await targets().read(references, of: set)
    #expect(bytes == [[1, 0, 2, 0], [1, 0, 2, 0], [7, 0, 8, 0], [1, 0, 2, 0]])
  }
}
