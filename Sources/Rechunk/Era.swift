public import CF
import NetCDF

/// Granules of a stack that are stored in the same way.
public struct Era: Sendable {
  public struct StoredVariable: Sendable {
    public let name: String
    public let type: String
    public let tileShape: [Int]
    public let filters: [String]
    /// Whether the packing is the same in all granules of the era.
    public let constantPacking: Bool
    public let isPacked: Bool
  }

  public let first: TimeInstant
  public let last: TimeInstant
  public let granules: Int
  public let variables: [StoredVariable]
}

extension Stack {
  /// The ways in which granules are stored (layout, types, variables), oldest first.
  public var eras: [Era] {
    var order: [[String]] = []
    var groups: [[String]: [Int]] = [:]
    for (index, member) in members.enumerated() {
      let key = member.granule.variables.map(\.storageKey)
      if groups[key] == nil { order.append(key) }
      groups[key, default: []].append(index)
    }
    return order.map { key in era(of: groups[key] ?? []) }
  }

  private func era(of indices: [Int]) -> Era {
    let granules = indices.map { members[$0] }
    let variables = granules[0].granule.variables.compactMap { variable -> Era.StoredVariable? in
      guard let packing = variable.packing else { return nil }
      return Era.StoredVariable(
        name: variable.name, type: variable.type.description,
        tileShape: variable.layout.tileShape, filters: variable.layout.filters.map(\.description),
        constantPacking: granules.allSatisfy { $0.variable(variable.name)?.packing == packing },
        isPacked: packing.isPacked)
    }
    return Era(
      first: granules.flatMap(\.instants).min() ?? firstInstant,
      last: granules.flatMap(\.instants).max() ?? lastInstant, granules: granules.count,
      variables: variables)
  }
}

extension Variable {
  /// Equal for variables that are stored in the same way.
  fileprivate var storageKey: String {
    let filters = layout.filters.map(\.description).joined(separator: "+")
    return "\(name) \(type.description) \(dimensions) \(layout.tileShape) \(filters)"
  }
}
