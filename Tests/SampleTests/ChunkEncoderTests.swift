import CDeflate
import Testing

@testable import Sample

struct ChunkEncoderTests {
  /// Three rows of four columns: data at (0, 1), (0, 2) and (2, 3).
  static let runs = DataRuns(
    runs: [
      DataRuns.Run(start: 1, end: 3, offset: 0), DataRuns.Run(start: 3, end: 4, offset: 2),
    ],
    rowStarts: [0, 1, 1, 2], valueCount: 3)

  static func inflate(_ bytes: [UInt8], count: Int) throws -> [UInt8] {
    let decompressor = try #require(libdeflate_alloc_decompressor())
    defer { libdeflate_free_decompressor(decompressor) }
    var plain = [UInt8](repeating: 0, count: count)
    let result = libdeflate_zlib_decompress(
      decompressor, bytes, bytes.count, &plain, count, nil)
    #expect(result == LIBDEFLATE_SUCCESS)
    return plain
  }

  @Test func `a chunk holds low bytes first, then high bytes`() throws {
    let encoder = try #require(ChunkEncoder(level: 3))
    let bytes = encoder.encode(
      [0x0102, 0x0304, 0x0506] as [Int16], runs: Self.runs, fill: -32768, origin: [0, 0],
      shape: [3, 4])
    #expect(
      try Self.inflate(bytes, count: 24) == [
        0x00, 0x02, 0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06,
        0x80, 0x01, 0x03, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x05,
      ])
  }

  @Test func `a chunk past the edge is filled up`() throws {
    let encoder = try #require(ChunkEncoder(level: 3))
    let bytes = encoder.encode(
      [1, 2, 3] as [Int8], runs: Self.runs, fill: -128, origin: [2, 2], shape: [2, 3])
    #expect(try Self.inflate(bytes, count: 6) == [0x80, 3, 0x80, 0x80, 0x80, 0x80])
  }

  @Test func `chunks cut runs where they must`() throws {
    let encoder = try #require(ChunkEncoder(level: 3))
    let left = encoder.encode(
      [1, 2, 3] as [Int8], runs: Self.runs, fill: 0, origin: [0, 0], shape: [1, 2])
    let right = encoder.encode(
      [1, 2, 3] as [Int8], runs: Self.runs, fill: 0, origin: [0, 2], shape: [1, 2])
    #expect(try Self.inflate(left, count: 2) == [0, 1])
    #expect(try Self.inflate(right, count: 2) == [2, 0])
  }

  @Test func `a negative int32 keeps its bits`() throws {
    let encoder = try #require(ChunkEncoder(level: 3))
    let runs = DataRuns(
      runs: [DataRuns.Run(start: 0, end: 1, offset: 0)], rowStarts: [0, 1], valueCount: 1)
    let bytes = encoder.encode(
      [-390_665_689] as [Int32], runs: runs, fill: -2_147_483_647, origin: [0, 0], shape: [1, 2])
    // -390665689 is 0xE8B6EA27 and the fill 0x80000001.
    #expect(
      try Self.inflate(bytes, count: 8) == [0x27, 0x01, 0xEA, 0x00, 0xB6, 0x00, 0xE8, 0x80])
  }
}
