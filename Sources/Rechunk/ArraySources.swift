import CF
import NetCDF
import Storage
import ZarrWriter

/// Where the numbers of one array of one year come from: its granules with their chunk indexes.
struct ArraySources: Sendable {
  /// The array's position in the year's plan.
  let array: Int
  /// The granules that have the variable.
  let sources: [VariableSource]
  /// For each step of the store, how its granule packs; `nil` where it doesn't have the variable.
  let steps: [StepSource?]

  init(array: Int, stack: Stack, year: YearPlan, parser: GranuleParser) async throws {
    let plan = year.arrays[array]
    var positions: [Int: [Int: Int]] = [:]
    for (position, step) in year.steps.enumerated() {
      positions[step.member, default: [:]][step.index] = position
    }
    let positionsByMember = positions
    let name = plan.spec.path
    let present = positions.keys.sorted().filter { stack.members[$0].variable(name) != nil }
    let isUnpacked = plan.variable.treatment == .unpack
    let sources = try await inOrder(present, width: 64) { member -> VariableSource? in
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
    var steps = [StepSource?](repeating: nil, count: year.steps.count)
    for source in sources {
      for position in source.positions.values { steps[position] = source.source }
    }
    self.array = array
    self.sources = sources
    self.steps = steps
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
