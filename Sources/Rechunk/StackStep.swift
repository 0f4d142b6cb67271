public import CF
public import NetCDF

/// One granule of a stack, with what was read of it while scanning.
public struct StackMember: Sendable {
  public let source: GranuleSource
  public let granule: Granule
  /// The moments of its time steps, in the order of the file.
  public let instants: [TimeInstant]
  /// The same moments as the file has them.
  let time: TimeValues
  /// CRC-32C of the values of each variable without a time dimension.
  let fixedDigests: [String: UInt32]

  /// The variable of this name, if the granule has it.
  public func variable(_ name: String) -> Variable? {
    granule.variables.first { $0.name == name }
  }
}

/// One time step of a stack: which granule, and which step in it.
public struct StackStep: Hashable, Sendable {
  /// Index into ``Stack/members``.
  public let member: Int
  /// Zero-based step within the granule.
  public let index: Int
  public let instant: TimeInstant
}
