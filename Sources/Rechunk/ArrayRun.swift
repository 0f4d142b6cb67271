import CF
import NetCDF
import Storage
import ZarrWriter

/// Rechunks one variable of one year, column by column.
struct ArrayRun {
  let stack: Stack
  let year: YearPlan
  let plan: ArrayPlan
  let parser: GranuleParser
  let store: any ByteStore
  let threads: Int
  let memoryByteCount: Int
  let scratchFolder: String
  let progress: ConversionProgress

  func run() async throws -> ColumnWriter.Result {
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
    var result = ColumnWriter.Result()
    for column in plan.layout.columns {
      let pieces = try await ColumnReader(
        plan: plan, column: column, sources: sources, arena: arena, threads: threads,
        progress: progress
      ).read()
      progress.addSpilled(arena.spilledByteCount)
      let written = try await ColumnWriter(
        plan: plan, column: column, steps: steps, store: store, threads: threads,
        progress: progress
      ).write(pieces, segments: arena.segments())
      result.objects += written.objects
      result.largestError = max(result.largestError, written.largestError)
      arena.clear()
    }
    return result
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
