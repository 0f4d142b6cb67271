import Storage
import Zarr
import ZarrWriter

/// Appends batches of bands to shards in their order, whatever the order in which workers finish them, so
/// that the same input makes the same bytes. Arrays without shards are written as they come.
/// Workers wait while too much is encoded and not written.
actor ShardSequence {
  private let plan: ArrayPlan
  private let store: any ByteStore
  /// How much may be encoded and not written.
  private let writeByteCount: Int
  private let progress: ConversionProgress
  private var next = 0
  private var pending: [Int: EncodedBatch] = [:]
  private var pendingByteCount = 0
  private var isFlushing = false
  private var waiting: [Int: CheckedContinuation<Void, any Error>] = [:]
  private var failure: (any Error)?
  private var shard: ShardWriter?
  private var shardChunks = 0
  /// Shards before the one being written, whose last requests are on their way, the oldest first.
  private var finishing: [(writer: ShardWriter, byteCount: Int, end: Task<Void, any Error>)] = []
  /// How much of them may be in memory, unless it is one: a small shard is sent whole at its end.
  private static let finishingByteCount = 24 << 20
  private var shardByteCount = 0
  private var records: [(order: Int, record: ObjectRecord)] = []

  /// What was written, in order.
  var objects: [ObjectRecord] { records.sorted { $0.order < $1.order }.map(\.record) }

  init(
    plan: ArrayPlan, store: any ByteStore, writeByteCount: Int, progress: ConversionProgress
  ) {
    self.writeByteCount = writeByteCount
    self.plan = plan
    self.store = store
    self.progress = progress
  }

  /// Waits until there is room for a batch. The one to be written next never waits.
  func turn(of order: Int) async throws {
    while order > next, pendingByteCount >= writeByteCount {
      if let failure { throw failure }
      try await withCheckedThrowingContinuation { waiting[order] = $0 }
    }
    if let failure { throw failure }
  }

  /// Hands in a batch; writes all that are next in order.
  func append(_ batch: EncodedBatch, at order: Int) async throws {
    if let failure { throw failure }
    pendingByteCount += batch.byteCount
    do {
      if plan.spec.shardShape == nil {
        try await writeChunks(batch, order)
        finished(batch)
      } else {
        try await flush(batch, at: order)
      }
    } catch {
      fail(error)
      throw error
    }
  }

  private func flush(_ batch: EncodedBatch, at order: Int) async throws {
    pending[order] = batch
    guard !isFlushing else { return }
    isFlushing = true
    defer { isFlushing = false }
    while let batch = pending.removeValue(forKey: next) {
      try await appendToShard(batch)
      if batch.isLastOfShard, let writer = shard {
        try await finish(untilBelow: Self.finishingByteCount - shardByteCount)
        let order = next
        // A distant store takes its time for the end of a shard: the next one is written meanwhile.
        finishing.append((writer, shardByteCount, Task { try await end(writer, order) }))
        shard = nil
        shardChunks = 0
        shardByteCount = 0
      }
      finished(batch)
    }
  }

  private func end(_ writer: ShardWriter, _ order: Int) async throws {
    do {
      guard let record = try await writer.finish() else { return }
      records.append((order, record))
      progress.addWritten(record.byteCount)
    } catch {
      fail(error)
      throw error
    }
  }

  /// Waits for shards that are being finished; after the last batch for all of them.
  ///
  /// - Parameter byteCount: What those that remain may have.
  func finish(untilBelow byteCount: Int = 0) async throws {
    while let end = finishing.first?.end, finishing.reduce(0, { $0 + $1.byteCount }) > byteCount {
      try await withTaskCancellationHandler {
        try await end.value
      } onCancel: {
        end.cancel()
      }
      finishing.removeFirst()
    }
  }

  private func finished(_ batch: EncodedBatch) {
    next += 1
    pendingByteCount -= batch.byteCount
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
  func cancel() async {
    await shard?.cancel()
    for (writer, _, end) in finishing {
      end.cancel()
      _ = await end.result
      await writer.cancel()
    }
  }

  private func writeChunks(_ batch: EncodedBatch, _ order: Int) async throws {
    let plan = plan
    let store = store
    let chunks = batch.bands.flatMap { band in
      band.chunks.enumerated().compactMap { offset, chunk in
        chunk.map { (position(of: band, offset), $0) }
      }
    }
    let written = try await inOrder(chunks, width: 8) { position, chunk in
      try await plan.spec.writeChunk(position, encoded: chunk, to: store)
    }
    records += written.map { (order, $0) }
    progress.addWritten(written.reduce(0) { $0 + $1.byteCount })
  }

  /// Where a chunk of a band lies in the array's grid.
  private func position(of band: EncodedBand, _ offset: Int) -> [Int] {
    var position = zip(band.region, plan.layout.chunk).map { $0.lowerBound / $1 }
    position[position.count - 1] += offset
    return [0] + position.dropFirst(plan.layout.padding)
  }

  private func appendToShard(_ batch: EncodedBatch) async throws {
    let coordinates = zip(batch.shard, plan.layout.shard).map { $0.lowerBound / $1 }
    let writer =
      shard
      ?? ShardWriter(
        spec: plan.spec, shard: [0] + coordinates.dropFirst(plan.layout.padding), store: store)
    shard = writer
    var chunks: [[UInt8]?] = []
    func pad(to count: Int) {
      let missing = count - shardChunks - chunks.count
      chunks += Array(repeating: nil, count: missing)
    }
    for band in batch.bands {
      pad(to: firstChunk(of: band, in: batch.shard))
      chunks += band.chunks
    }
    if batch.isLastOfShard { pad(to: plan.spec.chunksPerShard.reduce(1, *)) }
    try await writer.append(contentsOf: chunks)
    shardByteCount += batch.byteCount
    shardChunks += chunks.count
  }

  /// The position of a band's first chunk in its shard; those beyond the array's edge count too.
  private func firstChunk(of band: EncodedBand, in shard: [Range<Int>]) -> Int {
    band.region.indices.reduce(0) { index, axis in
      let perShard = plan.layout.shard[axis] / plan.layout.chunk[axis]
      let cell =
        (band.region[axis].lowerBound - shard[axis].lowerBound) / plan.layout.chunk[axis]
      return index * perShard + cell
    }
  }
}
