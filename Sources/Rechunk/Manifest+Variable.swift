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
      func location(_ member: Int?) -> String {
        stack.members[member ?? stack.members.count - 1].source.location
      }
      var variables = [
        stack.timeName: Variable(
          treatment: .timeCoordinate, largestError: nil, attributesFrom: location(nil),
          valuesFrom: nil)
      ]
      for array in year.arrays {
        let name = array.spec.path
        variables[name] = Variable(
          treatment: array.variable.treatment.name, largestError: errors[name],
          attributesFrom: location(array.variable.source.presentIn.last), valuesFrom: nil)
      }
      for array in year.wholeArrays {
        guard case .copied(let variable) = array.content else { continue }
        variables[array.spec.path] = Variable(
          treatment: .copied, largestError: nil,
          attributesFrom: location(variable.presentIn.last),
          valuesFrom: location(variable.presentIn.first))
      }
      return variables
    }
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
