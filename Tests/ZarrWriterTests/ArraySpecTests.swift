import CF
import Storage
import Testing
import Zarr
import ZarrWriter

struct ArraySpecTests {
  private func spec(
    path: String = "sst", format: ZarrFormat = .v3, shape: [Int] = [10, 20],
    type: DataType = .int16,
    chunk: [Int] = [10, 5], shard: [Int]? = nil, compressor: Compressor = .none,
    fill: UInt64? = 0, names: [String] = ["time", "lat"], mask: Bool = true
  ) throws(ArraySpecError) -> ArraySpec {
    try ArraySpec(
      path: path, format: format, shape: shape, dataType: type, chunkShape: chunk,
      shardShape: shard, compressor: compressor, fillBits: fill, dimensionNames: names,
      maskFill: mask)
  }

  @Test(arguments: ["a//b", "/a", "a/", "..", "a/./b", "__hidden", "a/zarr.json", "x/.zarray"])
  func `a path no node may have is refused`(path: String) {
    #expect(throws: ArraySpecError.badPath(path)) { try spec(path: path) }
  }

  @Test func `a shard must be whole chunks`() {
    #expect(throws: ArraySpecError.unevenShard(path: "sst", axis: 1, shard: 12, chunk: 5)) {
      try spec(shard: [10, 12])
    }
  }

  @Test func `Zarr v2 has no shards`() {
    #expect(throws: ArraySpecError.shardingNeedsV3(path: "sst")) {
      try spec(format: .v2, shard: [10, 10])
    }
  }

  @Test func `a chunk beyond what blosc can hold is refused without overflow`() {
    #expect(throws: ArraySpecError.chunkTooLarge(path: "sst", byteCount: nil, limit: 2_147_483_631))
    { try spec(shape: [.max, .max], chunk: [.max, .max]) }
    #expect(
      throws: ArraySpecError.chunkTooLarge(
        path: "sst", byteCount: 1 << 31, limit: 2_147_483_631)
    ) { try spec(chunk: [1 << 20, 1 << 10]) }
  }

  @Test func `Zarr v2 masks every fill value, so there is one only to be masked`() throws {
    #expect(throws: ArraySpecError.fillNotMasked(path: "sst")) {
      try spec(format: .v2, fill: 0, mask: false)
    }
    #expect(throws: ArraySpecError.fillNotMasked(path: "sst")) {
      try spec(format: .v2, fill: nil, mask: true)
    }
    #expect(try spec(format: .v2, fill: nil, mask: false).fillBits == nil)
  }

  @Test func `a fill value must exist in v3 and fit the type`() {
    #expect(throws: ArraySpecError.fillMissing(path: "sst")) { try spec(fill: nil, mask: false) }
    #expect(throws: ArraySpecError.fillOutOfRange(path: "sst", bits: 0x1_0000)) {
      try spec(fill: 0x1_0000)
    }
    #expect(throws: ArraySpecError.unusualNaN(path: "sst", bits: 0x7FC0_0001)) {
      try spec(format: .v2, type: .float32, fill: 0x7FC0_0001)
    }
  }

  @Test func `dimension names are as many as dimensions, and distinct`() {
    #expect(throws: ArraySpecError.dimensionNames(path: "sst", names: ["x"], rank: 2)) {
      try spec(names: ["x"])
    }
    #expect(throws: ArraySpecError.dimensionNames(path: "sst", names: ["x", "x"], rank: 2)) {
      try spec(names: ["x", "x"])
    }
  }

  @Test func `a compression level must exist`() {
    #expect(throws: ArraySpecError.compressionLevel(path: "sst", level: 23, allowed: 1...22)) {
      try spec(compressor: .zstd(level: 23))
    }
  }

  @Test func `a shard names its chunks in C order, those beyond the edge too`() throws {
    let spec = try spec(shape: [10, 12], shard: [20, 10])
    #expect(spec.objectGrid.shape == [1, 2])
    #expect(spec.chunksPerShard == [2, 2])
    #expect(spec.chunks(inShard: [0, 1]) == [[0, 2], [0, 3], [1, 2], [1, 3]])
    #expect(spec.key(ofObject: [0, 1]).text == "sst/c/0/1")
  }

  @Test func `keys are as each format has them`() throws {
    #expect(try spec(format: .v2).key(ofObject: [0, 3]).text == "sst/0.3")
    #expect(try spec(path: "").key(ofObject: [0, 3]).text == "c/0/3")
    #expect(try spec(shape: [], chunk: [], names: []).key(ofObject: []).text == "sst/c")
    let scalar = try spec(format: .v2, shape: [], chunk: [], names: [])
    #expect(scalar.key(ofObject: []).text == "sst/0")
  }
}
