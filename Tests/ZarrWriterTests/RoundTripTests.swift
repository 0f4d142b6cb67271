import CF
import Storage
import Testing
import Zarr
import ZarrWriter

/// What we write, read back by us: every codec, type, format and awkward shape.
struct RoundTripTests {
  static let compressors: [Compressor] =
    BloscName.allCases.flatMap { name in
      [BloscShuffle.none, .byte, .bit].map { .blosc(cname: name, level: 3, shuffle: $0) }
    } + [.blosc(cname: .zstd, level: 0, shuffle: .byte), .zstd(level: 1), .gzip(level: 0)]
    + [.gzip(level: 6), .none]

  struct Layout: Sendable {
    let shape: [Int]
    let chunk: [Int]
    let shard: [Int]?
  }

  static let layouts = [
    Layout(shape: [], chunk: [], shard: nil),
    Layout(shape: [1], chunk: [1], shard: nil),
    Layout(shape: [7], chunk: [300], shard: [600]),
    Layout(shape: [0, 3], chunk: [2, 2], shard: nil),
    Layout(shape: [9, 11], chunk: [9, 4], shard: nil),
    Layout(shape: [6, 20, 30], chunk: [6, 5, 7], shard: [6, 10, 14]),
    Layout(shape: [6, 20, 30], chunk: [6, 20, 30], shard: nil),
  ]

  private func spec(
    _ layout: Layout, _ type: DataType, _ compressor: Compressor, _ format: ZarrFormat
  ) throws -> ArraySpec {
    try ArraySpec(
      path: "a", format: format, shape: layout.shape, dataType: type, chunkShape: layout.chunk,
      shardShape: format == .v3 ? layout.shard : nil, compressor: compressor,
      fillBits: type == .float32 ? 0x7FC0_0000 : 1,
      dimensionNames: layout.shape.indices.map { "d\($0)" }, maskFill: true)
  }

  @Test(arguments: compressors, layouts)
  func `an array reads back as it was written`(compressor: Compressor, layout: Layout) async throws
  {
    for format in [ZarrFormat.v2, .v3] {
      // One type of each size; all of them where nothing compresses.
      let types: [DataType] = [.int8, .int16, .float32, .int64]
      for type in compressor == .none ? DataType.allCases : types {
        let spec = try spec(layout, type, compressor, format)
        let store = MemoryStore()
        let bytes = (0..<layout.shape.reduce(type.byteCount, *)).map { UInt8($0 * 7 / 5 & 0xFF) }
        let records = try await spec.writeArray(bytes, to: store)
        for object in HierarchyWriter(format: format, attributes: [], arrays: [spec]).objects() {
          try await store.write(object.bytes, to: object.key)
        }
        #expect(records.count == spec.objectGrid.shape.reduce(1, *))
        for record in records {
          let stored = try #require(try await store.read(record.key))
          #expect(record.byteCount == stored.count)
          #expect(record.crc32c == CRC32C.checksum(stored))
        }
        let array = try await ZarrGroup.open(store: store).array("a")
        #expect(try await array.read(layout.shape.map { 0..<$0 }) == bytes)
        #expect(array.metadata.fillBits == spec.fillBits)
        #expect(array.metadata.maskedFillBits == spec.fillBits)
        #expect(array.metadata.dimensionNames == spec.dimensionNames)
        #expect(array.metadata.chunkShape == layout.chunk)
        #expect(array.metadata.shardShape == spec.shardShape)
      }
    }
  }

  @Test func `chunks and shards left out are fill value, and chunks come in the order asked for`()
    async throws
  {
    let layout = Layout(shape: [2, 8], chunk: [2, 2], shard: [2, 4])
    let spec = try spec(layout, .float32, .zstd(level: 1), .v3)
    let store = MemoryStore()
    let encoder = try ChunkEncoder(spec)
    let plain = [UInt8](1...16)
    let chunk = try plain.withUnsafeBytes { try encoder.encode($0) }
    let shard = ShardWriter(spec: spec, shard: [0, 0], store: store)
    try await shard.append(nil)
    try await shard.append(chunk)
    _ = try await shard.finish()
    for object in HierarchyWriter(format: .v3, attributes: [], arrays: [spec]).objects() {
      try await store.write(object.bytes, to: object.key)
    }
    let array = try await ZarrArray.open(store: store, path: "a")
    let chunks = try await array.read(chunks: [[0, 3], [0, 1], [0, 0]])
    #expect(chunks.map(\.coordinates) == [[0, 3], [0, 1], [0, 0]])
    #expect(chunks.map(\.bytes) == [nil, plain, nil])
    let nan: [UInt8] = [0, 0, 0xC0, 0x7F]
    #expect(
      try await array.read([0..<1, 0..<8]) == nan + nan + plain[0..<8] + nan + nan + nan + nan)
  }

  @Test func `the same array gives the same bytes`() async throws {
    var stores: [[[UInt8]]] = []
    for _ in 0..<2 {
      let store = MemoryStore()
      for compressor in Self.compressors {
        let bytes = [UInt8](repeating: 3, count: 6 * 20 * 30 * 2)
        let spec = try spec(Self.layouts[5], .int16, compressor, .v3)
        _ = try await spec.writeArray(bytes, to: store)
      }
      var values: [[UInt8]] = []
      for object in try await store.list(nil, recursive: true).objects {
        values.append(try #require(try await store.read(object.key)))
      }
      stores.append(values)
    }
    #expect(stores[0] == stores[1])
  }

  @Test(arguments: [BloscShuffle.none, .byte, .bit])
  func `a chunk of several blocks is decoded block by block, and a damaged one is refused`(
    shuffle: BloscShuffle
  ) throws {
    let plain = [UInt8](unsafeUninitializedCapacity: 4 * 400_007) { buffer, count in
      for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* index >> 9) }
      count = buffer.count
    }
    var frame = [UInt8](repeating: 0, count: BloscEncoder.capacity(for: plain.count))
    let encoder = try BloscEncoder(typeSize: 4, name: .zstd, level: 1, shuffle: shuffle)
    let count = try plain.withUnsafeBytes { plain in
      try frame.withUnsafeMutableBytes { frame in try encoder.encode(plain, into: frame) }
    }
    frame.removeLast(frame.count - count)
    func decoded() throws -> [UInt8] {
      let result = try frame.withUnsafeBytes { try Blosc().decode($0, limit: plain.count) }
      guard case .bytes(let bytes) = result else { return [] }
      return bytes
    }
    #expect(try decoded() == plain)
    // The offsets of the blocks follow the header; a block starts with its size.
    let third = frame.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 24, as: Int32.self) }
    frame.replaceSubrange(Int(third)..<Int(third) + 4, with: [0xFF, 0xFF, 0xFF, 0x7F])
    #expect(throws: CodecError.self) { try decoded() }
  }

  @Test(arguments: [1, 2, 4, 8], [0, 1, 7, 100, 300_000, 1_400_008])
  func `a blosc frame holds what can't be compressed, and what can in part`(
    typeSize: Int, byteCount: Int
  ) throws {
    var state: UInt64 = 88_172_645_463_325_252
    let noise = (0..<byteCount).map { _ in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return UInt8(truncatingIfNeeded: state >> 32)
    }
    let half = noise.indices.map { $0 < byteCount / 2 ? noise[$0] : 7 }
    for (plain, shuffle) in [
      (noise, BloscShuffle.none), (noise, .byte), (half, .none), (half, .byte),
    ] {
      let encoder = try BloscEncoder(typeSize: typeSize, name: .zstd, level: 1, shuffle: shuffle)
      var frame = [UInt8](repeating: 0, count: BloscEncoder.capacity(for: byteCount))
      let count = try plain.withUnsafeBytes { plain in
        try frame.withUnsafeMutableBytes { frame in try encoder.encode(plain, into: frame) }
      }
      // Sixteen bytes more than the chunk at most, as libblosc promises.
      #expect(count <= byteCount + 16)
      let result = try frame[..<count].withUnsafeBytes {
        try Blosc().decode($0, limit: byteCount)
      }
      guard case .bytes(let bytes) = result else {
        Issue.record("a frame is decoded to bytes")
        continue
      }
      #expect(bytes == plain)
    }
  }

  /// A frame has its size at byte 4 and that of its blocks at byte 8.
  ///
  /// Source: c-blosc, README_CHUNK_FORMAT.
  @Test(arguments: [(220_632, 1), (262_152, 3), (456_248, 3), (882_496, 4)])
  func `a chunk has so many blocks that several threads can decode it`(
    byteCount: Int, blockCount: Int
  ) throws {
    let plain = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 9) }
    var frame = [UInt8](repeating: 0, count: BloscEncoder.capacity(for: byteCount))
    let encoder = try BloscEncoder(typeSize: 8, name: .zstd, level: 1, shuffle: .none)
    _ = try plain.withUnsafeBytes { plain in
      try frame.withUnsafeMutableBytes { frame in try encoder.encode(plain, into: frame) }
    }
    let sizes = frame.withUnsafeBytes { frame in
      [4, 8].map { Int(frame.loadUnaligned(fromByteOffset: $0, as: Int32.self)) }
    }
    #expect(sizes[0] == byteCount)
    #expect((sizes[0] + sizes[1] - 1) / sizes[1] == blockCount)
    #expect(sizes[1] <= 1 << 18)
  }

  @Test func `what decoded a damaged frame decodes the next ones right`() async throws {
    let values = (0..<60).map { value in
      (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* $0 / (value + 7)) }
    }
    let encoder = try ZstdEncoder(ZstdEncoder.Parameters(level: 1))
    let frames = try values.map { value in
      var frame = [UInt8](repeating: 0, count: ZstdEncoder.capacity(for: value.count))
      let count = try value.withUnsafeBytes { value in
        try frame.withUnsafeMutableBytes { try encoder.encode(value, into: $0) }
      }
      return Array(frame[..<count])
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (value, frame) in zip(values, frames) {
        group.addTask {
          let cut = Array(frame.dropLast(frame.count / 3))
          #expect(throws: CodecError.self) {
            try cut.withUnsafeBytes { try Zstd().decode($0, limit: value.count) }
          }
          let result = try frame.withUnsafeBytes { try Zstd().decode($0, limit: value.count) }
          guard case .bytes(let bytes) = result else {
            Issue.record("no bytes")
            return
          }
          #expect(bytes == value)
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func `an object that the root metadata holds a copy of isn't asked for`() async throws {
    let spec = try spec(
      Layout(shape: [5], chunk: [5], shard: nil), .float32, .zstd(level: 1), .v3)
    let bytes = [UInt8](0..<20)
    let memory = MemoryStore()
    let object = try #require(try await spec.writeArray(bytes, to: memory).first)
    let stored = try #require(try await memory.read(object.key))
    for copies in [[ObjectCopy(key: object.key, bytes: stored)], []] {
      let writer = HierarchyWriter(
        format: .v3, attributes: [], arrays: [spec], copies: copies)
      for object in writer.objects() { try await memory.write(object.bytes, to: object.key) }
      let store = CountingStore(memory)
      let array = try await ZarrGroup.open(store: store).array("a")
      #expect(try await array.read([1..<4]) == Array(bytes[4..<16]))
      #expect(store.counts.totalRequests == 2 - copies.count)
    }
    let damaged = HierarchyWriter(
      format: .v3, attributes: [], arrays: [spec],
      copies: [ObjectCopy(key: object.key, bytes: Array(stored.dropLast()))])
    for object in damaged.objects() { try await memory.write(object.bytes, to: object.key) }
    let array = try await ZarrGroup.open(store: memory).array("a")
    await #expect(throws: ZarrError.self) { try await array.read([0..<5]) }
  }
}
