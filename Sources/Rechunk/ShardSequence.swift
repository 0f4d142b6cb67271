import Storage
import Zarr
import ZarrWriter

/// Appends bands to shards in their order, whatever the order in which workers finish them, so
/// that the same input makes the same bytes. Arrays without shards are written as they come.
/// Workers wait while too much is encoded and not written.
actor ShardSequence {
  private let plan: ArrayPlan
  private let store: any ByteStore
  /// How much may be encoded and not written.
  private let writeByteCount: Int
  private let progress: ConversionProgress
  private var next = 0
  private var pending: [Int: EncodedBand] = [:]
  private var pendingByteCount = 0
  private var isFlushing = false
  private var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
  private var failure: (any Error)?
  private var shard: ShardWriter?
  private var shardChunks = 0
  private(set) var objects: [ObjectRecord] = []

  init(
    plan: ArrayPlan, store: any ByteStore, writeByteCount: Int, progress: ConversionProgress
  ) {
    self.writeByteCount = writeByteCount
    self.plan = plan
    self.store = store
    self.progress = progress
  }

  /// Waits until there is room for a band. The one to be written next never waits.
  func turn(of order: Int) async throws {
    while order > next, pendingByteCount >= writeByteCount {
      if let failure { throw failure }
      try await withCheckedThrowingContinuation { waiting[order] = $0 }
    }
    if let failure { throw failure }
  }

  /// Hands in a band; writes all that are next in order.
  func append(_ band: EncodedBand, at order: Int) async throws {
    if let failure { throw failure }
    pendingByteCount += band.byteCount
    do {
      if plan.spec.shardShape == nil {
        try await writeChunks(band)
        finished(band)
      } else {
        try await flush(band, at: order)
      }
    } catch {
      fail(error)
      throw error
    }
  }

  private func flush(_ band: EncodedBand, at order: Int) async throws {
    pending[order] = band
    guard !isFlushing else { return }
    isFlushing = true
    defer { isFlushing = false }
    while let band = pending.removeValue(forKey: next) {
      try await appendToShard(band)
      finished(band)
    }
  }

  private func finished(_ band: EncodedBand) {
    next += 1
    pendingByteCount -= band.byteCount
    for order in waiting.keys where order <= next || pendingByteCount < writeByteCount {
      waiting.removeValue(forKey: order)?.resume()
    }
  }

  /// Ends the waiting of all workers with an error.
  func fail(_ error: any Error) {
    failure = failure ?? error
    for continuation in waiting.values { continuation.resume(throwing: error) }
    waiting = [:]
  }

  /// Leaves nothing of an unfinished shard behind.
  func cancel() async { await shard?.cancel() }

  private func writeChunks(_ band: EncodedBand) async throws {
    let last = band.region.count - 1
    let chunks = band.chunks.enumerated().compactMap { offset, chunk in chunk.map { (offset, $0) } }
    let plan = plan
    let store = store
    let records = try await inOrder(chunks, width: 8) { offset, chunk in
      var position = zip(band.region, plan.layout.chunk).map { $0.lowerBound / $1 }
      position[last] += offset
      return try await plan.spec.writeChunk(
        [0] + position.dropFirst(plan.layout.padding), encoded: chunk, to: store)
    }
    objects += records
    progress.addWritten(records.reduce(0) { $0 + $1.byteCount })
  }

  private func appendToShard(_ band: EncodedBand) async throws {
    let coordinates = zip(band.shard, plan.layout.shard).map { $0.lowerBound / $1 }
    let writer =
      shard
      ?? ShardWriter(
        spec: plan.spec, shard: [0] + coordinates.dropFirst(plan.layout.padding), store: store)
    shard = writer
    try await pad(writer, to: firstChunk(of: band))
    for chunk in band.chunks {
      try await writer.append(chunk)
      shardChunks += 1
    }
    guard band.isLastOfShard else { return }
    try await pad(writer, to: plan.spec.chunksPerShard.reduce(1, *))
    if let record = try await writer.finish() {
      objects.append(record)
      progress.addWritten(record.byteCount)
    }
    shard = nil
    shardChunks = 0
  }

  /// The position of a band's first chunk in its shard; those beyond the array's edge count too.
  private func firstChunk(of band: EncodedBand) -> Int {
    band.region.indices.reduce(0) { index, axis in
      let perShard = plan.layout.shard[axis] / plan.layout.chunk[axis]
      let cell =
        (band.region[axis].lowerBound - band.shard[axis].lowerBound) / plan.layout.chunk[axis]
      return index * perShard + cell
    }
  }

  private func pad(_ writer: ShardWriter, to count: Int) async throws {
    while shardChunks < count {
      try await writer.append(nil)
      shardChunks += 1
    }
  }
}
