public import CF
import NetCDF

/// The granules of one product in time order.
///
/// - Invariant: `steps` ascend in time; where two have the same time, by file name.
/// - Invariant: all members share one grid and one calendar.
public struct Stack: Sendable {
  public let request: StackRequest
  /// The title that all granules share, digits aside; `nil` if they have none.
  public let product: String?
  /// The global attributes that all granules have alike.
  public let attributes: [Attribute]
  public let members: [StackMember]
  public let steps: [StackStep]
  public let grid: Grid
  public let timeName: String
  /// The dimension that the time coordinate runs along; `nil` if it is a scalar.
  public let timeDimension: String?
  public let variables: [StackVariable]
  public let quarantined: [QuarantinedGranule]
  /// Files whose order by name isn't their order in time.
  public let unsortedNames: [String]

  public var firstInstant: TimeInstant { steps[0].instant }
  public var lastInstant: TimeInstant { steps[steps.count - 1].instant }

  public var years: [Int] {
    var years: [Int] = []
    for step in steps where years.last != step.instant.year { years.append(step.instant.year) }
    return years
  }

  /// Steps with the same time, each with the one before it.
  public var duplicates: [DuplicateTime] {
    zip(steps, steps.dropFirst()).filter { $0.instant == $1.instant }.map {
      DuplicateTime(
        instant: $0.instant, first: members[$0.member].source.location,
        second: members[$1.member].source.location)
    }
  }

  /// The usual distance of two steps in seconds: the median; `nil` for a single step.
  public var cadenceSeconds: Double? {
    let distances = zip(steps, steps.dropFirst())
      .map { $1.instant.seconds(since: $0.instant) }.filter { $0 > 0 }.sorted()
    return distances.isEmpty ? nil : distances[distances.count / 2]
  }

  /// Where steps are further apart than one and a half times the usual distance.
  public var gaps: [Gap] {
    guard let cadence = cadenceSeconds else { return [] }
    return zip(steps, steps.dropFirst()).compactMap { before, after in
      let distance = after.instant.seconds(since: before.instant)
      guard distance > 1.5 * cadence else { return nil }
      return Gap(
        after: before.instant, before: after.instant,
        missing: Int((distance / cadence).rounded()) - 1)
    }
  }

  public func variable(_ name: String) -> StackVariable? {
    variables.first { $0.name == name }
  }
}

public struct Gap: Hashable, Sendable {
  /// The step before the gap, and the one behind it.
  public let after: TimeInstant
  public let before: TimeInstant
  /// How many steps of the usual distance would fit.
  public let missing: Int
}

/// A variable as all granules of a stack have it.
public struct StackVariable: Sendable {
  public enum Role: Hashable, Sendable {
    /// Has a value for each time step.
    case data
    /// The same in all granules: a coordinate, a bound, a grid mapping.
    case fixed
    /// Isn't a number, or has dimensions that no store of ours can hold.
    case unsupported(String)
  }

  public let name: String
  public let role: Role
  public let type: DataType?
  /// The dimensions without time.
  public let dimensions: [String]
  /// The shape without time.
  public let shape: [Int]
  /// Whether granules store it with a time dimension.
  public let hasTimeDimension: Bool
  /// The attributes of the newest granule that has it.
  public let attributes: [Attribute]
  /// The members that have it.
  public let presentIn: [Int]
  /// The packings that occur, each once, in order of time.
  public let packings: [Packing]
  /// The shapes of stored tiles that occur, without time.
  public let tileShapes: [[Int]]
  /// The decoded bytes of the largest stored tile.
  public let largestTileByteCount: Int

  /// Whether it labels a dimension.
  public var isCoordinate: Bool { role == .fixed && dimensions == [name] }
}
