import Storage
import Testing

@testable import References

struct ZipTests {
  private let text = SampleSets.version1()

  private func zipped() async throws -> MemoryStore {
    let store = MemoryStore()
    let writer = try await ZipWriter(store: store, key: StoreKey("refs.zip"))
    try await writer.add("imos-data/IMOS/202001_a.json", Array(text.utf8))
    try await writer.add("imos-data/IMOS/202001_b.json", Array(text.utf8))
    try await writer.add("readme.txt", [])
    try await writer.finish()
    return store
  }

  private func sets(_ input: String, in store: MemoryStore) async throws -> [ReferenceSource] {
    try await ReferenceFinder { location in
      guard case .path(let path) = location else { return (store, nil) }
      return (store, try StoreKey(path))
    }.sets(input)
  }

  @Test func `what is written is read`() async throws {
    let store = try await zipped()
    let sets = try await sets("refs.zip", in: store)
    #expect(sets.map(\.name) == ["202001_a.json", "202001_b.json"])
    #expect(try await sets[1].open().arrayNames == ["sst"])
    let below = try await self.sets("refs.zip::imos-data/IMOS/202001_b.json", in: store)
    #expect(below.map(\.name) == ["202001_b.json"])
  }

  @Test func `the same members give the same bytes`() async throws {
    let bytes = try await zipped().read(StoreKey("refs.zip"))
    #expect(try await zipped().read(StoreKey("refs.zip")) == bytes)
  }

  /// The same mutations on every run: what the seed gives.
  @Test func `damaged zip files give the sets or an error`() async throws {
    let whole = try #require(try await zipped().read(StoreKey("refs.zip")))
    var random = SplitMix(seed: 7)
    for _ in 0..<2_000 {
      var bytes = whole
      for _ in 0...random.next(3) { bytes[random.next(bytes.count)] = UInt8(random.next(256)) }
      if random.next(8) == 0 { bytes.removeLast(random.next(bytes.count)) }
      let store = MemoryStore()
      try await store.write(bytes, to: StoreKey("refs.zip"))
      guard let sets = try? await sets("refs.zip", in: store) else { continue }
      for set in sets {
        guard let set = try? await set.open() else { continue }
        // The checksum lets nothing else through.
        #expect(set.arrayNames == ["sst"])
      }
    }
  }
}
