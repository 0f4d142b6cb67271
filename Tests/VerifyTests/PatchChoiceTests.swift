import CF
import Foundation
import Rechunk
import Storage
import Testing
import Zarr

@testable import Verify

struct PatchChoiceTests {
  private func array(
    _ name: String, shape: [Int], chunk: [Int], shard: [Int]
  ) throws -> StoredArray {
    let json = """
      {"zarr_format": 3, "node_type": "array", "shape": \(shape), "data_type": "int16",
       "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": \(shard)}},
       "chunk_key_encoding": {"name": "default"}, "fill_value": 0,
       "codecs": [{"name": "sharding_indexed", "configuration": {"chunk_shape": \(chunk),
         "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
         "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}]}}],
       "attributes": {}, "dimension_names": ["time", "y", "x"]}
      """
    let metadata = try ArrayMetadata(
      v3: #require(try JSONValue(parsing: json).object), key: StoreKey("zarr.json"))
    let variable = try JSONDecoder().decode(
      Manifest.Variable.self, from: Data(#"{"treatment": "kept", "attributesFrom": "a.nc"}"#.utf8))
    return StoredArray(
      name: name, variable: variable,
      array: ZarrArray(store: MemoryStore(), path: name, metadata: metadata), isSound: true)
  }

  private func choice() throws -> PatchChoice {
    PatchChoice(
      arrays: [
        try array("a", shape: [5, 23, 17], chunk: [5, 4, 3], shard: [5, 8, 6]),
        try array("b", shape: [5, 7, 9], chunk: [5, 7, 9], shard: [5, 7, 9]),
      ], stepCount: 5, isLost: { _, _ in false })
  }

  /// 6 × 6 chunks and 1, at 5 steps.
  @Test func `windows are chunks in space times steps`() throws {
    #expect(try choice().windowCount == (36 + 1) * 5)
  }

  @Test func `all patches hold every value once`() throws {
    let choice = try choice()
    var held: Set<[Int]> = []
    var windows = 0
    for patch in choice.patches(.all, seed: 1) {
      windows += patch.windowCount
      #expect(patch.steps == Array(0..<5))
      for y in patch.region[0] {
        for x in patch.region[1] { #expect(held.insert([patch.array, y, x]).inserted) }
      }
    }
    #expect(held.count == 23 * 17 + 7 * 9)
    #expect(windows == choice.windowCount)
  }

  @Test(arguments: [
    (VerificationOptions.Amount.windows(0), 0), (.windows(1), 1), (.windows(60), 60),
    (.windows(150), 150), (.windows(1000), 185), (.percent(0), 0), (.percent(10), 19),
    (.percent(100), 185),
  ])
  func `as many windows as asked for, all different`(
    amount: VerificationOptions.Amount, count: Int
  ) throws {
    let patches = try choice().patches(amount, seed: 7)
    #expect(patches.reduce(0) { $0 + $1.windowCount } == count)
    if count < 185 {
      let windows = patches.flatMap { patch in
        patch.steps.map { "\(patch.array) \(patch.region) \($0)" }
      }
      #expect(Set(windows).count == count)
    }
  }

  @Test func `a seed gives the same windows, another gives others`() throws {
    let choice = try choice()
    func windows(_ seed: UInt64) -> [String] {
      choice.patches(.windows(40), seed: seed).map { "\($0.array) \($0.region) \($0.steps)" }
    }
    #expect(windows(3) == windows(3))
    #expect(windows(3) != windows(4))
  }

  @Test func `an object's chunks are found by its key, and the other way round`() throws {
    let array = try array("a", shape: [5, 23, 17], chunk: [5, 4, 3], shard: [5, 8, 6])
    var seen: Set<[Int]> = []
    for y in 0..<3 {
      for x in 0..<3 {
        let key = try StoreKey("a/c/0/\(y)/\(x)")
        for chunk in array.chunks(ofObject: key) {
          #expect(seen.insert(chunk).inserted)
          #expect(array.place(of: zip(chunk, [5, 4, 3]).map { $0 * $1 }).key == key)
        }
      }
    }
    #expect(seen.count == 36)
    #expect(array.chunks(ofObject: try StoreKey("a/zarr.json")).isEmpty)
    #expect(array.chunks(ofObject: try StoreKey("b/c/0/0/0")).isEmpty)
    #expect(array.chunks(ofObject: try StoreKey("a/c/0/9/9")).isEmpty)
  }
}
