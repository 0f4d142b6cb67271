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
    let sources = try await inOrder(present, width: 64) { member in
      try await VariableSource(
        plan, stack.members[member], positions: positionsByMember[member] ?? [:], parser: parser)
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
