import CF
import Storage

/// One decoded chunk.
public struct Chunk: Sendable {
  /// In the array's chunk grid.
  public let coordinates: [Int]
  /// Whole, also at the array's edge: `metadata.chunkByteCount` bytes in C order, little-endian.
  /// `nil`: not stored, all fill value.
  public let bytes: [UInt8]?
}

extension ZarrArray {
  /// Reads a region.
  ///
  /// Only the chunks that the region needs are read, those near each other in a shard with one
  /// request.
  ///
  /// - Parameters:
  ///   - region: One range per dimension; an empty list for a scalar.
  ///   - concurrency: The most objects read at once.
  /// - Returns: The elements in C order, little-endian.
  public func read(
    _ region: [Range<Int>], concurrency: Int = 8
  ) async throws(ZarrError) -> [UInt8] {
    try check(region)
    let size = metadata.dataType.byteCount
    let target = Box(shape: region.map(\.count), elementSize: size)
    let source = Box(shape: metadata.chunkShape, elementSize: size)
    var byteCount = size
    for count in target.shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: count)
      guard !overflow, product <= 1 << 33 else {
        throw .regionTooLarge(path: path, region: region)
      }
      byteCount = product
    }
    let chunks = try chunks(covering: region)
    // Where there is no fill value, every byte is written over.
    var bytes = metadata.dataType.bytes(of: metadata.fillBits ?? 0, filling: byteCount)
    try await forEachChunk(chunks, concurrency: concurrency) { chunk in
      guard let plain = chunk.bytes else { return }
      var origin: [Int] = []
      var part: [Range<Int>] = []
      for (axis, held) in metadata.grid.region(ofChunk: chunk.coordinates).enumerated() {
        let wanted = held.clamped(to: region[axis])
        let start = chunk.coordinates[axis] * metadata.chunkShape[axis]
        part.append(wanted.lowerBound - start..<wanted.upperBound - start)
        origin.append(wanted.lowerBound - region[axis].lowerBound)
      }
      plain.withUnsafeBytes { plain in
        bytes.withUnsafeMutableBytes { source.copy(part, from: plain, to: target, at: origin, $0) }
      }
    }
    return bytes
  }

  /// Reads whole chunks, each once, whatever the order and number of points they are for.
  ///
  /// - Parameter chunks: Coordinates in the chunk grid, all different.
  /// - Precondition: the chunks lie in the grid.
  /// - Returns: The chunks in the order asked for.
  public func read(
    chunks: [[Int]], concurrency: Int = 8
  ) async throws(ZarrError) -> [Chunk] {
    let counts = metadata.grid.shape
    precondition(
      chunks.allSatisfy { chunk in
        chunk.count == counts.count && zip(chunk, counts).allSatisfy { (0..<$1).contains($0) }
      }, "chunk outside the grid")
    var decoded: [[Int]: Chunk] = [:]
    try await forEachChunk(chunks, concurrency: concurrency) { decoded[$0.coordinates] = $0 }
    return chunks.compactMap { decoded[$0] }
  }
}

/// A part of one object, read by one task.
private struct Portion: Sendable {
  let key: StoreKey
  let chunks: [[Int]]
  /// Of the chunks in a shard; `nil` where the object is one chunk.
  var ranges: [Range<Int>]?
}

extension ZarrArray {
  /// Reads and decodes chunks, several objects at once, and hands them over one at a time in no
  /// order.
  private func forEachChunk(
    _ chunks: [[Int]], concurrency: Int, _ body: (Chunk) -> Void
  ) async throws(ZarrError) {
    var portions: [Portion] = []
    if metadata.sharding == nil {
      portions = chunks.map { Portion(key: key(ofObject: $0), chunks: [$0]) }
    } else {
      var shards: [[Int]: [[Int]]] = [:]
      for chunk in chunks {
        shards[metadata.place(ofChunk: chunk).object, default: []].append(chunk)
      }
      let keyed = shards.map { (key: key(ofObject: $0.key), chunks: $0.value) }
      var fill: [[Int]] = []
      try await concurrently(keyed, width: concurrency) { shard throws(ZarrError) in
        (shard, try await index(ofShard: shard.key))
      } receive: { result in
        let (shard, entry) = result
        switch entry {
        case .absent: fill += shard.chunks
        case .index(let index): portions += self.portions(of: shard, index, absent: &fill)
        }
      }
      for chunk in fill {
        guard metadata.fillBits != nil else { throw .undefinedChunk(key: key(ofObject: chunk)) }
        body(Chunk(coordinates: chunk, bytes: nil))
      }
    }
    try await concurrently(portions, width: concurrency) { portion throws(ZarrError) in
      try await read(portion)
    } receive: {
      $0.forEach(body)
    }
  }

  private func key(ofObject object: [Int]) -> StoreKey {
    let key = metadata.chunkKeyEncoding.key(ofChunk: object)
    return StoreKey(literal: path.isEmpty ? key : "\(path)/\(key)")
  }

  /// Splits the chunks wanted of a shard in portions of bounded size.
  private func portions(
    of shard: (key: StoreKey, chunks: [[Int]]), _ index: ShardIndex, absent: inout [[Int]]
  ) -> [Portion] {
    let byteLimit = 4 << 20
    var placed: [(chunk: [Int], range: Range<Int>)] = []
    for chunk in shard.chunks {
      if let range = metadata.place(ofChunk: chunk).index.flatMap(index.range) {
        placed.append((chunk, range))
      } else {
        absent.append(chunk)
      }
    }
    placed.sort { $0.range.lowerBound < $1.range.lowerBound }
    var portions: [Portion] = []
    var start = 0
    while start < placed.count {
      var end = start
      var byteCount = 0
      repeat {
        byteCount += placed[end].range.count
        end += 1
      } while end < placed.count && byteCount + placed[end].range.count <= byteLimit
      portions.append(
        Portion(
          key: shard.key, chunks: placed[start..<end].map(\.chunk),
          ranges: placed[start..<end].map(\.range)))
      start = end
    }
    return portions
  }

  private func index(ofShard key: StoreKey) async throws(ZarrError) -> ShardIndexCache.Entry {
    if let entry = shardIndexes[key] { return entry }
    guard let sharding = metadata.sharding else { return .absent }
    let count = sharding.indexByteCount
    let bytes: [UInt8]?
    do {
      bytes = try await store.read(
        key, sharding.indexLocation == .end ? .suffix(count) : .bounds(0..<count))
    } catch {
      if case .rangeOutOfBounds(_, let byteCount, _) = error {
        throw .damagedIndex(key: key, reason: "needs \(count) bytes, the shard has \(byteCount)")
      }
      throw .store(error)
    }
    var entry = ShardIndexCache.Entry.absent
    if let bytes {
      entry = .index(
        try ShardIndex(
          bytes, sharding, chunkLimit: metadata.codecs.maximumEncodedByteCount, key: key))
    }
    shardIndexes.insert(entry, for: key)
    return entry
  }

  private func read(_ portion: Portion) async throws(ZarrError) -> [Chunk] {
    guard let ranges = portion.ranges else {
      let bytes: [UInt8]?
      do { bytes = try await store.read(portion.key) } catch { throw .store(error) }
      guard bytes != nil || metadata.fillBits != nil else {
        throw .undefinedChunk(key: portion.key)
      }
      return try portion.chunks.map { (chunk) throws(ZarrError) in
        try Chunk(
          coordinates: chunk,
          bytes: bytes.map { (bytes) throws(ZarrError) in
            try decode(bytes, chunk, portion.key)
          })
      }
    }
    let parts: [[UInt8]]?
    do { parts = try await store.read(portion.key, ranges: ranges) } catch {
      if case .rangeOutOfBounds(let range, let byteCount, _) = error {
        throw .damagedIndex(
          key: portion.key, reason: "names bytes \(range), the shard has \(byteCount)")
      }
      throw .store(error)
    }
    guard let parts else { throw .vanished(key: portion.key) }
    var chunks: [Chunk] = []
    for (chunk, bytes) in zip(portion.chunks, parts) {
      chunks.append(Chunk(coordinates: chunk, bytes: try decode(bytes, chunk, portion.key)))
    }
    return chunks
  }

  private func decode(
    _ bytes: [UInt8], _ chunk: [Int], _ key: StoreKey
  ) throws(ZarrError) -> [UInt8] {
    do {
      return try bytes.withUnsafeBufferPointer { (buffer) throws(CodecError) in
        try metadata.codecs.decode(UnsafeRawBufferPointer(buffer))
      }
    } catch { throw .damagedChunk(key: key, chunk: chunk, error) }
  }
}
