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
    let shard: [Range<Int>]
    let region: [Range<Int>]
    /// In C order of the column's bands, as pieces are kept.
    let index: Int
    let isLastOfShard: Bool
  }

  func write(
    _ pieces: [HeldPieces], segments: PieceArena.Segments
  ) async throws -> TaskRecord {
    let bands = bands()
    let counter = Counter(limit: bands.count)
    let sequence = ShardSequence(
      plan: plan, store: store, writeByteCount: memory.writeByteCount, progress: progress)
    do {
      return try await withThrowingTaskGroup(of: Double.self) { group in
        for _ in 0..<memory.threads {
          group.addTask { try await work(bands, counter, pieces, segments, sequence) }
        }
        var result = TaskRecord()
        for try await error in group { result.largestError = max(result.largestError, error) }
        result.objects = await sequence.objects
        return result
      }
    } catch {
      await sequence.cancel()
      throw error
    }
  }

  /// Bands that a worker may have handed in and that aren't written.
  private static let writesInFlight = 16

  private func work(
    _ bands: [Band], _ counter: Counter, _ pieces: [HeldPieces],
    _ segments: PieceArena.Segments, _ sequence: ShardSequence
  ) async throws -> Double {
    do {
      let gatherer = try BandGatherer(plan: plan, sources: steps, clock: progress.clock)
      let elementByteCount = plan.variable.source.type?.byteCount ?? 1
      try await withThrowingTaskGroup(of: Void.self) { writes in
        var inFlight = 0
        while let order = counter.next() {
          try Task.checkCancellation()
          let band = bands[order]
          try await sequence.turn(of: order)
          let chunks = try gatherer.chunks(
            of: band.region, index: band.index, pieces: pieces, segments: segments)
          let encoded = EncodedBand(
            shard: band.shard, region: band.region, chunks: chunks,
            isLastOfShard: band.isLastOfShard)
          // The next band is encoded while this one is written.
          writes.addTask { try await sequence.append(encoded, at: order) }
          inFlight += 1
          if inFlight > Self.writesInFlight {
            try await writes.next()
            inFlight -= 1
          }
          progress.addEncoded(band.region.reduce(steps.count * elementByteCount) { $0 * $1.count })
        }
        try await writes.waitForAll()
      }
      return gatherer.largestError
    } catch {
      // Workers that wait for this band's turn would wait for ever.
      await sequence.fail(error)
      throw error
    }
  }

  private func bands() -> [Band] {
    let grid = zip(column, plan.layout.band).map { ($0.count + $1 - 1) / $1 }
    return plan.layout.shards(in: column).flatMap { shard in
      let regions = plan.layout.bands(in: shard)
      return regions.enumerated().map { offset, region in
        let index = region.indices.reduce(0) { index, axis in
          let cell =
            (region[axis].lowerBound - column[axis].lowerBound) / plan.layout.band[axis]
          return index * grid[axis] + cell
        }
        return Band(
          shard: shard, region: region, index: index, isLastOfShard: offset == regions.count - 1)
      }
    }
  }
}

/// The encoded chunks of one band.
struct EncodedBand: Sendable {
  let shard: [Range<Int>]
  let region: [Range<Int>]
  /// In order of the last dimension; `nil`: all fill.
  let chunks: [[UInt8]?]
  let isLastOfShard: Bool

  var byteCount: Int { chunks.reduce(0) { $0 + ($1?.count ?? 0) } }
}
