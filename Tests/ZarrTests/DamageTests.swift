import CF
import Foundation
import Storage
import Testing
import Zarr

/// Damaged stores: an error or the right numbers, never a trap; wrong numbers only where the
/// store has no checksum.
struct DamageTests {
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 29
    }
  }

  private func copy(_ writer: String) async throws -> MemoryStore {
    let store = MemoryStore()
    let folder = FolderStore(path: OtherWritersTests.folder.appending(path: writer).path)
    for object in try await folder.list(nil, recursive: true).objects {
      try await store.write(try #require(try await folder.read(object.key)), to: object.key)
    }
    return store
  }

  private func damaged(_ bytes: [UInt8], _ random: inout Random) -> [UInt8] {
    var bytes = bytes
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
    case 1:
      let start = Int.random(in: 0..<bytes.count, using: &random)
      for index in start..<min(start + 8, bytes.count) { bytes[index] = 0xFF }
    case 2: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: bytes.count / 2)
    default:
      let index = Int.random(in: 0..<bytes.count, using: &random)
      bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }
    return bytes
  }

  /// Reads all arrays, at most 10 elements along a dimension; what can't be read is `nil`.
  private func readAll(_ store: MemoryStore, _ names: [String]) async -> [[UInt8]?] {
    var values: [[UInt8]?] = []
    for name in names {
      do throws(ZarrError) {
        let array = try await ZarrArray.open(store: store, path: name)
        let region = array.metadata.shape.map { 0..<min($0, 10) }
        values.append(region.count <= 4 ? try await array.read(region) : nil)
      } catch { values.append(nil) }
    }
    return values
  }

  @Test(arguments: ["zarr2", "zarr3", "tensorstore"])
  func `no damage to any object traps the reader`(writer: String) async throws {
    let store = try await copy(writer)
    let objects = try await store.list(nil, recursive: true).objects.map(\.key)
    // Each mutant is read as the one array it belongs to, in its own store.
    for seed in UInt64(0)..<4 {
      var random = Random(state: seed)
      for key in objects {
        let original = try #require(try await store.read(key))
        guard !original.isEmpty else { continue }
        try await store.write(damaged(original, &random), to: key)
        let name = key.text.split(separator: "/").first.map(String.init) ?? ""
        _ = await readAll(store, [name])
        do throws(ZarrError) {
          let group = try await ZarrGroup.open(store: store)
          if group.arrayNames.contains(name) { _ = try group.array(name) }
        } catch {}
        try await store.write(original, to: key)
      }
    }
  }

  /// In these arrays a checksum covers every byte of every chunk and index.
  @Test(arguments: [("tensorstore", "sharded"), ("tensorstore", "sharded_blosc"), ("zarr3", "big")])
  func `with checksums, damage is an error or does no harm`(
    writer: String, name: String
  ) async throws {
    let store = try await copy(writer)
    let objects = try await store.list(StoreKey(name), recursive: true).objects.map(\.key)
    let right = await readAll(store, [name])
    #expect(right[0] != nil)
    var noticed = 0
    var random = Random(state: 7)
    for _ in 0..<200 {
      let key = try #require(objects.randomElement(using: &random))
      guard key.name != "zarr.json" else { continue }
      let original = try #require(try await store.read(key))
      try await store.write(damaged(original, &random), to: key)
      let values = await readAll(store, [name])
      if values[0] == nil { noticed += 1 } else { #expect(values == right, "\(key)") }
      try await store.write(original, to: key)
    }
    #expect(noticed > 100)
  }

  @Test(arguments: [
    // Offsets and byte counts of a shard whose one chunk has 24 bytes; the shard has 56.
    ([UInt64](repeating: 1 << 40, count: 2), "a huge chunk"),
    ([1 << 62, 24], "far behind the end"), ([100, 24], "behind the end"),
    ([.max, 24], "half empty"),
    ([UInt64.max - 8, 24], "overflow"),
  ]) func `an index that lies is refused before anything is reserved`(
    numbers: [UInt64], what: String
  ) async throws {
    let store = MemoryStore()
    let metadata = """
      {"zarr_format": 3, "node_type": "array", "shape": [6], "data_type": "int32",
       "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [6]}},
       "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
       "codecs": [{"name": "sharding_indexed", "configuration": {
         "chunk_shape": [6], "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
         "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}]}
      """
    try await store.write(Array(metadata.utf8), to: StoreKey("a/zarr.json"))
    let index = numbers.flatMap { number in (0..<8).map { UInt8(number >> ($0 * 8) & 0xFF) } }
    try await store.write([UInt8](repeating: 1, count: 40) + index, to: StoreKey("a/c/0"))
    let array = try await ZarrArray.open(store: store, path: "a")
    let error = await #expect(throws: ZarrError.self, "\(what)") { try await array.read([0..<6]) }
    guard case .damagedIndex(let key, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(key.text == "a/c/0")
  }

  @Test(arguments: [
    (#""shape": [6]"#, #""shape": [-6]"#), (#""shape": [6]"#, #""shape": [6, 6]"#),
    (#""shape": [6]"#, #""shape": "6""#), (#""chunk_shape": [6]"#, #""chunk_shape": [0]"#),
    (#""chunk_shape": [6]"#, #""chunk_shape": [9223372036854775807]"#),
    (#""fill_value": 0"#, #""fill_value": null"#), (#""fill_value": 0"#, #""fill_value": 1.5"#),
    (#""int32""#, #""complex64""#), (#""regular""#, #""rectilinear""#),
    (#""codecs": ["#, #""codecs": [{"name": "lzma"}, "#), (#""little""#, #""middle""#),
    (#""shape": [6]"#, #""shape": [6], "novelty": {"must_understand": true}"#),
    (#""zarr_format": 3"#, #""zarr_format": 4"#), (#""array""#, #""group""#),
  ]) func `metadata that isn't as specified is refused`(old: String, new: String) async throws {
    let metadata = """
      {"zarr_format": 3, "node_type": "array", "shape": [6], "data_type": "int32",
       "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [6]}},
       "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
       "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
       "friendly": {"must_understand": false}}
      """
    let store = MemoryStore()
    try await store.write(Array(metadata.utf8), to: StoreKey("zarr.json"))
    _ = try await ZarrArray.open(store: store, path: "")
    try await store.write(
      Array(metadata.replacingOccurrences(of: old, with: new).utf8), to: StoreKey("zarr.json"))
    await #expect(throws: ZarrError.self) { try await ZarrArray.open(store: store, path: "") }
  }

  @Test func `a shape beyond all memory is refused when it is read whole`() async throws {
    let metadata = """
      {"zarr_format": 2, "shape": [4611686018427387904, 4611686018427387904], "chunks": [6, 6],
       "dtype": "<i4", "compressor": null, "fill_value": 0, "order": "C", "filters": null}
      """
    let store = MemoryStore()
    try await store.write(Array(metadata.utf8), to: StoreKey(".zarray"))
    let array = try await ZarrArray.open(store: store, path: "")
    let whole = array.metadata.shape.map { 0..<$0 }
    await #expect(throws: ZarrError.regionTooLarge(path: "", region: whole)) {
      try await array.read(whole)
    }
    let last = array.metadata.shape.map { $0 - 1..<$0 }
    #expect(try await array.read(last) == [0, 0, 0, 0])
  }

  @Test func `an object that is too long or too short for its chunk is refused`() async throws {
    let store = try await copy("zarr3")
    let key = try StoreKey("plain/c/0/0/0")
    let original = try #require(try await store.read(key))
    for bytes in [original + [0], Array(original.dropLast()), []] {
      try await store.write(bytes, to: key)
      let array = try await ZarrArray.open(store: store, path: "plain")
      await #expect(
        throws: ZarrError.damagedChunk(
          key: key, chunk: [0, 0, 0],
          .sizeMismatch(codec: "bytes", claimed: bytes.count, expected: original.count))
      ) { try await array.read([0..<1, 0..<1, 0..<1]) }
    }
  }
}
