import CF
import Storage
import Testing
import Zarr
import ZarrWriter

struct ShardWriterTests {
  private func spec() throws -> ArraySpec {
    try ArraySpec(
      path: "sst", format: .v3, shape: [2, 6], dataType: .int16, chunkShape: [2, 2],
      shardShape: [2, 6], compressor: .none, fillBits: 0x8000, dimensionNames: ["time", "lat"],
      maskFill: true)
  }

  /// Offsets and byte counts as the specification of `sharding_indexed` has them.
  @Test func `a shard is its chunks, then the index of offsets and sizes, then a checksum`()
    async throws
  {
    let store = MemoryStore()
    let writer = ShardWriter(spec: try spec(), shard: [0, 0], store: store)
    try await writer.append([1, 2, 3])
    try await writer.append(nil)
    try await writer.append([4, 5])
    #expect(try await store.read(StoreKey("sst/c/0/0")) == nil)
    let record = try #require(try await writer.finish())

    let bytes = try #require(try await store.read(StoreKey("sst/c/0/0")))
    let numbers: [UInt64] = [0, 3, .max, .max, 3, 2]
    let index = numbers.flatMap { number in (0..<8).map { UInt8(number >> ($0 * 8) & 0xFF) } }
    let crc = CRC32C.checksum(index)
    let expected = [1, 2, 3, 4, 5] + index + (0..<4).map { UInt8(crc >> ($0 * 8) & 0xFF) }
    #expect(bytes == expected)
    #expect(
      record
        == ObjectRecord(
          key: try StoreKey("sst/c/0/0"), byteCount: 5 + 48 + 4, crc32c: CRC32C.checksum(bytes)))
  }

  @Test func `a shard of nothing but fill isn't stored`() async throws {
    let store = MemoryStore()
    let writer = ShardWriter(spec: try spec(), shard: [0, 0], store: store)
    for _ in 0..<3 { try await writer.append(nil) }
    #expect(try await writer.finish() == nil)
    #expect(try await store.list(nil, recursive: true).objects.isEmpty)
  }

  @Test func `a cancelled shard leaves nothing`() async throws {
    let store = MemoryStore()
    let writer = ShardWriter(spec: try spec(), shard: [0, 0], store: store)
    try await writer.append([1])
    await writer.cancel()
    #expect(try await store.list(nil, recursive: true).objects.isEmpty)
  }
}
