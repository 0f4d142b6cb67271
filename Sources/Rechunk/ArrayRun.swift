import CF
import NetCDF
import Storage
import ZarrWriter

/// Rechunks one variable of one year, column by column; those that are done already are left.
struct ArrayRun {
  let stack: Stack
  let year: YearPlan
  let plan: ArrayPlan
  let parser: GranuleParser
  let store: any ByteStore
  let threads: Int
  let memoryByteCount: Int
  let scratchFolder: String
  let journal: Journal
  let progress: ConversionProgress

  func run() async throws -> TaskRecord {
    var result = TaskRecord()
    var columns: [[Range<Int>]] = []
    for column in plan.layout.columns {
      if let done = journal.finished(plan.spec.path, column) {
        result += done
        progress.addResumed(decodedByteCount(of: column))
      } else {
        columns.append(column)
      }
    }
    guard !columns.isEmpty else { return result }
    let sources = try await variableSources()
    let elementByteCount = plan.variable.source.type?.byteCount ?? 1
    let arena = PieceArena(
      byteCount: plan.memory.arena(budget: memoryByteCount, threads: threads),
      largestPiece: HoldCodec.capacity(plan.layout.band.reduce(elementByteCount, *)),
      workers: threads, scratchFolder: scratchFolder)
    var steps = [StepSource?](repeating: nil, count: year.steps.count)
    for source in sources {
      for position in source.positions.values { steps[position] = source.source }
    }
    for column in columns {
      let pieces = try await ColumnReader(
        plan: plan, column: column, sources: sources, arena: arena, threads: threads,
        progress: progress
      ).read()
      progress.addSpilled(arena.spilledByteCount)
      let written = try await ColumnWriter(
        plan: plan, column: column, steps: steps, store: store, threads: threads,
        progress: progress
      ).write(pieces, segments: arena.segments())
      try await journal.record(written, plan.spec.path, column)
      result += written
      arena.clear()
    }
    return result
  }

  private func decodedByteCount(of column: [Range<Int>]) -> Int {
    column.reduce(year.steps.count * (plan.variable.source.type?.byteCount ?? 1)) {
      $0 * $1.count
    }
  }

  /// The granules of the year that have the variable, with their chunk indexes.
  private func variableSources() async throws -> [VariableSource] {
    var positions: [Int: [Int: Int]] = [:]
    for (position, step) in year.steps.enumerated() {
      positions[step.member, default: [:]][step.index] = position
    }
    let positionsByMember = positions
    let name = plan.spec.path
    let present = positions.keys.sorted().filter { stack.members[$0].variable(name) != nil }
    let isUnpacked = plan.variable.treatment == .unpack
    return try await inOrder(present, width: 16) { member -> VariableSource? in
      let granule = stack.members[member]
      guard let variable = granule.variable(name), let packing = variable.packing else {
        return nil
      }
      let reader = try await parser.tiles(
        of: variable, in: granule.granule, from: granule.source)
      return VariableSource(
        reader: reader, location: granule.source.location,
        positions: positionsByMember[member] ?? [:],
        source: StepSource(
          packing: isUnpacked ? packing.explicit : packing,
          fill: packing.missing.first.map {
            FillPattern(bits: $0, elementByteCount: packing.packedType.byteCount)
          }),
        hasTimeDimension: plan.variable.source.hasTimeDimension, padding: plan.layout.padding,
        isLocal: granule.source.store.localPath(of: granule.source.key) != nil)
    }.compactMap { $0 }
  }
}

extension Packing {
  /// The same packing with its scale and offset written out, so that it can be unpacked.
  fileprivate var explicit: Packing {
    Packing(
      packedType: packedType, scaleFactor: scaleFactor ?? 1, addOffset: addOffset ?? 0,
      missing: missing)
  }
}
