import CF
import NetCDF
import ZarrWriter

extension Manifest {
  /// What became of a variable, and of which granules it is made besides the year's.
  public struct Variable: Codable, Hashable, Sendable {
    public enum Treatment: String, Codable, Sendable {
      case kept
      case refilled = "kept, one fill value for all"
      case unpacked, repacked
      /// Has no time: the values of one granule.
      case copied
      case timeCoordinate = "time coordinate"
    }

    public let treatment: Treatment
    /// That repacking made, in the variable's units.
    public let largestError: Double?
    /// The granule whose attributes the array has; not always one of the year's.
    public let attributesFrom: String
    /// The granule whose values were copied.
    public let valuesFrom: String?

    /// By the names of the arrays.
    static func all(of stack: Stack, year: YearPlan, errors: [String: Double]) -> [String: Variable]
    {
      let origins = AttributeOrigins(stack: stack, members: Set(year.steps.map(\.member)).sorted())
      var variables = [
        stack.timeName: Variable(
          treatment: .timeCoordinate, largestError: nil,
          attributesFrom: origins.location(stack.timeName, .timeCoordinate), valuesFrom: nil)
      ]
      for array in year.arrays {
        let name = array.spec.path
        let treatment = array.variable.treatment.name
        variables[name] = Variable(
          treatment: treatment, largestError: errors[name],
          attributesFrom: origins.location(name, treatment), valuesFrom: nil)
      }
      for array in year.wholeArrays {
        guard case .copied(let variable) = array.content else { continue }
        let member = stack.members[year.memberToCopy(variable)]
        variables[array.spec.path] = Variable(
          treatment: .copied, largestError: nil,
          attributesFrom: origins.location(variable.name, .copied),
          valuesFrom: member.source.location)
      }
      return variables
    }
  }
}

/// Where attributes come from: those of the newest granule of the stack, and of a granule of the year
/// itself if that has the same, so that granules to come don't change the manifest.
private struct AttributeOrigins {
  let stack: Stack
  /// Of the year, in order.
  let members: [Int]

  func location(_ name: String, _ treatment: Manifest.Variable.Treatment) -> String {
    let newest =
      stack.members.last { $0.variable(name) != nil } ?? stack.members[stack.members.count - 1]
    let attributes = attributes(name, newest, treatment)
    let own = members.last { self.attributes(name, stack.members[$0], treatment) == attributes }
    return (own.map { stack.members[$0] } ?? newest).source.location
  }

  /// Without those that may differ between granules; `nil` if the granule doesn't have the variable.
  private func attributes(
    _ name: String, _ member: StackMember, _ treatment: Manifest.Variable.Treatment
  ) -> [Attribute]? {
    var ignored: Set = ["_FillValue", "scale_factor", "add_offset"]
    switch treatment {
    case .kept: break
    case .refilled, .copied: ignored.insert("missing_value")
    case .unpacked, .repacked:
      ignored.formUnion([
        "missing_value", "_Unsigned", "valid_min", "valid_max", "valid_range", "actual_range",
      ])
    case .timeCoordinate:
      ignored.formUnion([
        "missing_value", "units", "calendar", "valid_min", "valid_max", "valid_range",
      ])
    }
    return member.variable(name)?.attributes.filter { !ignored.contains($0.name) }
  }
}

extension Treatment {
  public var name: Manifest.Variable.Treatment {
    switch self {
    case .keep: .kept
    case .refill: .refilled
    case .unpack: .unpacked
    case .repack: .repacked
    }
  }
}
