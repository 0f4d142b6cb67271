import CF
import NetCDF
import Storage
import Zarr
import ZarrWriter

/// Writes a column: its bands are gathered and encoded by workers, and appended in order.
struct ColumnWriter: Sendable {
  let plan: ArrayPlan
  let column: [Range<Int>]
  let steps: [StepSource?]
  let store: any ByteStore
  let memory: MemoryPlan
  let progress: ConversionProgress

  private struct Band: Sendable {
    let region: [Range<Int>]
    /// In C order of the column's bands, as pieces are kept.
    let index: Int
  }

  /// Neighbouring bands of a shard that a worker takes at once: chunks are small, and what workers
  /// tell each other takes as long as much of one.
  private struct Batch: Sendable {
    let shard: [Range<Int>]
    let bands: ArraySlice<Band>
    let isLastOfShard: Bool
  }

  func write(
    _ pieces: [HeldPieces], segments: PieceArena.Segments
  ) async throws -> TaskRecord {
    let batches = batches()
    let counter = Counter(limit: batches.count)
    let sequence = ShardSequence(
      plan: plan, store: store, writeByteCount: memory.writeByteCount, progress: progress)
    do {
      return try await withThrowingTaskGroup(of: Double.self) { group in
        for _ in 0..<memory.threads {
          group.addTask { try await work(batches, counter, pieces, segments, sequence) }
        }
        var result = TaskRecord()
        for try await error in group { result.largestError = max(result.largestError, error) }
        try await sequence.finish()
        result.objects = await sequence.objects
        return result
      }
    } catch {
      await sequence.cancel()
      throw error
    }
  }

  /// Batches that a worker may have handed in and that aren't written.
  private static let writesInFlight = 4

  private func work(
    _ batches: [Batch], _ counter: Counter, _ pieces: [HeldPieces],
    _ segments: PieceArena.Segments, _ sequence: ShardSequence
  ) async throws -> Double {
    do {
      let gatherer = try BandGatherer(plan: plan, sources: steps, clock: progress.clock)
      let elementByteCount = plan.variable.source.type?.byteCount ?? 1
      try await withThrowingTaskGroup(of: Void.self) { writes in
        var inFlight = 0
        while let order = counter.next() {
          try Task.checkCancellation()
          let batch = batches[order]
          try await sequence.turn(of: order)
          let bands = try batch.bands.map { band in
            let chunks = try gatherer.chunks(
              of: band.region, index: band.index, pieces: pieces, segments: segments)
            progress.addEncoded(
              band.region.reduce(steps.count * elementByteCount) { $0 * $1.count })
            return EncodedBand(region: band.region, chunks: chunks)
          }
          let encoded = EncodedBatch(
            shard: batch.shard, bands: bands, isLastOfShard: batch.isLastOfShard)
          // The next batch is encoded while this one is written.
          writes.addTask { try await sequence.append(encoded, at: order) }
          inFlight += 1
          if inFlight > Self.writesInFlight {
            try await writes.next()
            inFlight -= 1
          }
        }
        try await writes.waitForAll()
      }
      return gatherer.largestError
    } catch {
      // Workers that wait for this batch's turn would wait for ever.
      await sequence.fail(error)
      throw error
    }
  }

  private func batches() -> [Batch] {
    let grid = zip(column, plan.layout.band).map { ($0.count + $1 - 1) / $1 }
    let together = plan.bandsTogether
    return plan.layout.shards(in: column).flatMap { shard -> [Batch] in
      let bands = plan.layout.bands(in: shard).map { region in
        let index = region.indices.reduce(0) { index, axis in
          let cell =
            (region[axis].lowerBound - column[axis].lowerBound) / plan.layout.band[axis]
          return index * grid[axis] + cell
        }
        return Band(region: region, index: index)
      }
      return stride(from: 0, to: bands.count, by: together).map { start in
        Batch(
          shard: shard, bands: bands[start...].prefix(together),
          isLastOfShard: start + together >= bands.count)
      }
    }
  }
}

/// The encoded chunks of one band.
struct EncodedBand: Sendable {
  let region: [Range<Int>]
  /// In order of the last dimension; `nil`: all fill.
  let chunks: [[UInt8]?]
}

/// The encoded bands of one batch, in the order of the shard's chunks.
struct EncodedBatch: Sendable {
  let shard: [Range<Int>]
  let bands: [EncodedBand]
  let isLastOfShard: Bool

  var byteCount: Int { bands.reduce(0) { $1.chunks.reduce($0) { $0 + ($1?.count ?? 0) } } }
}
