public import CF

/// One NetCDF file as its header describes it: the dimensions, attributes and variables of the
/// root group, and those of nested groups under names like `group/name`.
public struct Granule: Hashable, Sendable, Codable {
  /// The last segment of the file's key.
  public let name: String
  public let format: Format
  public let byteCount: Int
  public let dimensions: [Dimension]
  /// The attributes of the root group, in the order of the file.
  public let attributes: [Attribute]
  public let variables: [Variable]

  public init(
    name: String, format: Format, byteCount: Int, dimensions: [Dimension],
    attributes: [Attribute], variables: [Variable]
  ) {
    self.name = name
    self.format = format
    self.byteCount = byteCount
    self.dimensions = dimensions
    self.attributes = attributes
    self.variables = variables
  }

  /// The variable with this name.
  public func variable(_ name: String) -> Variable? {
    variables.first { $0.name == name }
  }
}

/// How a NetCDF file is stored.
public enum Format: String, Hashable, Sendable, Codable, CaseIterable {
  /// NetCDF-4, or any HDF5 file.
  case hdf5
  /// NetCDF-3: CDF-1, with 32-bit offsets.
  case classic
  /// CDF-2: 64-bit offsets.
  case offset64
  /// CDF-5: 64-bit offsets and counts, unsigned and 64-bit types.
  case cdf5
}

public struct Dimension: Hashable, Sendable, Codable {
  public let name: String
  public let length: Int
  public let isUnlimited: Bool

  public init(name: String, length: Int, isUnlimited: Bool) {
    self.name = name
    self.length = length
    self.isUnlimited = isUnlimited
  }
}
