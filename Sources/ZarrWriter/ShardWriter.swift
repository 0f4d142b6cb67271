public import Storage
import Zarr

/// Writes one shard, chunk by chunk in the order of its index, through an upload: a shard needn't
/// fit in memory. Nothing of it is visible before ``finish()``. One task at a time uses it.
///
/// Source: Zarr v3 codecs, "sharding_indexed".
public actor ShardWriter {
  private let key: StoreKey
  private let chunkCount: Int
  private let store: any ByteStore
  private var upload: (any Upload)?
  /// Pairs of offset and byte count, one for each chunk so far.
  private var index: [UInt64] = []
  private var byteCount = 0
  /// What isn't handed to the upload yet: few large writes cost less than many small ones.
  private var pending: [UInt8] = []
  private static let pendingByteCount = 1 << 20
  private var checksum = CRC32C()

  /// - Parameter shard: Its coordinates in the spec's `objectGrid`.
  /// - Precondition: the array is sharded.
  public init(spec: ArraySpec, shard: [Int], store: any ByteStore) {
    precondition(spec.shardShape != nil, "\(spec.path) isn't sharded")
    key = spec.key(ofObject: shard)
    chunkCount = spec.chunksPerShard.reduce(1, *)
    self.store = store
    index.reserveCapacity(chunkCount * 2)
  }

  /// Adds the next inner chunk, as ``append(contentsOf:)`` adds several.
  public func append(_ encodedChunk: [UInt8]?) async throws(StoreError) {
    try await append(contentsOf: [encodedChunk])
  }

  /// Adds the next inner chunks in C order, those beyond the array's edge included.
  ///
  /// - Parameter encodedChunks: From ``ChunkEncoder``; `nil` for those that are all fill value.
  /// - Precondition: the shard has that many chunks left.
  public func append(contentsOf encodedChunks: [[UInt8]?]) async throws(StoreError) {
    precondition(
      index.count + encodedChunks.count * 2 <= chunkCount * 2,
      "\(key) has no room for these of its \(chunkCount) chunks")
    for chunk in encodedChunks {
      guard let chunk else {
        index.append(.max)
        index.append(.max)
        continue
      }
      index.append(UInt64(byteCount))
      index.append(UInt64(chunk.count))
      write(chunk)
      if pending.count >= Self.pendingByteCount { try await flush() }
    }
  }

  /// Writes the index and makes the shard visible.
  ///
  /// - Returns: `nil` if all chunks were fill value: then there is no object.
  /// - Precondition: every chunk was appended.
  public func finish() async throws(StoreError) -> ObjectRecord? {
    precondition(index.count == chunkCount * 2, "\(key) lacks chunks")
    guard byteCount > 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(index.count * 8 + 4)
    for number in index {
      withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }
    let crc = CRC32C.checksum(bytes)
    withUnsafeBytes(of: crc.littleEndian) { bytes.append(contentsOf: $0) }
    write(bytes)
    try await flush()
    try await upload?.finish()
    return ObjectRecord(key: key, byteCount: byteCount, crc32c: checksum.value)
  }

  /// Leaves nothing of the shard behind. Does nothing after ``finish()``.
  public func cancel() async { await upload?.cancel() }

  private func write(_ bytes: [UInt8]) {
    byteCount += bytes.count
    bytes.withUnsafeBytes { checksum.update($0) }
    pending += bytes
  }

  private func flush() async throws(StoreError) {
    let bytes = pending
    pending = []
    pending.reserveCapacity(Self.pendingByteCount * 5 / 4)
    if let upload {
      try await upload.append(bytes)
    } else {
      let upload = try await store.upload(to: key)
      self.upload = upload
      try await upload.append(bytes)
    }
  }
}
