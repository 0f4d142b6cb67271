import CF
import NetCDF

/// Gathers, over all granules, what each variable is.
struct StackVariables {
  let members: [StackMember]
  let timeDimension: String?

  /// All variables but the time coordinate, in the order in which granules name them.
  ///
  /// - Throws: ``StackError/variableDiffers(variable:first:second:what:)`` if a variable has
  ///   another type, dimensions or shape in another granule.
  func all(timeName: String) throws -> [StackVariable] {
    var order: [String] = []
    var found: [String: [(member: Int, variable: Variable)]] = [:]
    for (index, member) in members.enumerated() {
      for variable in member.granule.variables where variable.name != timeName {
        if found[variable.name] == nil { order.append(variable.name) }
        found[variable.name, default: []].append((index, variable))
      }
    }
    return try order.map { name in try merge(name, found[name] ?? []) }
  }

  private func merge(
    _ name: String, _ occurrences: [(member: Int, variable: Variable)]
  ) throws -> StackVariable {
    let (firstMember, first) = occurrences[0]
    for (member, variable) in occurrences {
      func differs(_ what: String) -> StackError {
        .variableDiffers(
          variable: name, first: members[firstMember].source.location,
          second: members[member].source.location, what: what)
      }
      guard variable.type == first.type else {
        throw differs("\(first.type.description) here and \(variable.type.description) there")
      }
      guard variable.dimensions == first.dimensions, spatial(variable) == spatial(first) else {
        throw differs(
          "dimensions \(describe(first)) here and \(describe(variable)) there")
      }
    }
    let role = role(of: first, in: occurrences.map(\.member))
    var packings: [Packing] = []
    var tiles: [[Int]] = []
    var largestTile = 0
    for (_, variable) in occurrences {
      let elements = variable.layout.tileShape.reduce(1, *)
      largestTile = max(largestTile, elements * (variable.packing?.packedType.byteCount ?? 1))
      if let packing = variable.packing, packings.last != packing, !packings.contains(packing) {
        packings.append(packing)
      }
      let tile = withoutTime(variable.layout.tileShape, variable)
      if !tiles.contains(tile) { tiles.append(tile) }
    }
    var type: DataType?
    if case .number(let number) = first.type { type = number }
    let newest = occurrences[occurrences.count - 1].variable
    return StackVariable(
      name: name, role: role, type: type, dimensions: withoutTime(first.dimensions, first),
      shape: spatial(first), hasTimeDimension: hasTime(first),
      attributes: newest.completeAttributes, presentIn: occurrences.map(\.member),
      packings: packings,
      tileShapes: tiles, largestTileByteCount: largestTile)
  }

  private func role(of variable: Variable, in present: [Int]) -> StackVariable.Role {
    guard case .number = variable.type else {
      return .unsupported("it holds \(variable.type.description), not numbers")
    }
    if variable.name.contains("/") { return .unsupported("it lies in a group") }
    if hasTime(variable) {
      return variable.dimensions[0] == timeDimension
        ? .data : .unsupported("time isn't its first dimension")
    }
    if [variable.name] == variable.dimensions { return .fixed }
    let digests = Set(present.map { members[$0].fixedDigests[variable.name] })
    let onePerGranule = present.allSatisfy { members[$0].instants.count == 1 }
    if digests.count > 1 {
      return onePerGranule
        ? .data : .unsupported("it has no time dimension, yet differs between granules")
    }
    // Granules without a time dimension are whole maps of one moment.
    return timeDimension == nil && variable.shape.count > 1 ? .data : .fixed
  }

  private func hasTime(_ variable: Variable) -> Bool {
    variable.dimensions.contains { $0 == timeDimension }
  }

  private func spatial(_ variable: Variable) -> [Int] { withoutTime(variable.shape, variable) }

  private func withoutTime<Value>(_ values: [Value], _ variable: Variable) -> [Value] {
    zip(values, variable.dimensions).filter { $0.1 != timeDimension }.map(\.0)
  }

  private func describe(_ variable: Variable) -> String {
    "(" + zip(variable.dimensions, variable.shape).map { "\($0) \($1)" }.joined(separator: ", ")
      + ")"
  }
}
