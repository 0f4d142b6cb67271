public import CF

/// A variable of a granule: what it is, and where and how its numbers are stored.
///
/// - Invariant: `dimensions`, `shape` and `layout.tileShape` have the same rank, 0 for a scalar.
public struct Variable: Hashable, Sendable, Codable {
  public let name: String
  public let type: VariableType
  /// The names of the dimensions, slowest first.
  public let dimensions: [String]
  public let shape: [Int]
  /// In the order of the file, without those by which NetCDF-4 ties dimensions to variables.
  public let attributes: [Attribute]
  public let layout: StoredLayout
  /// How stored numbers become values; `nil` if they aren't numbers.
  public var packing: Packing?

  public init(
    name: String, type: VariableType, dimensions: [String], shape: [Int],
    attributes: [Attribute], layout: StoredLayout
  ) {
    precondition(
      dimensions.count == shape.count && shape.count == layout.tileShape.count, "one rank")
    self.name = name
    self.type = type
    self.dimensions = dimensions
    self.shape = shape
    self.attributes = attributes
    self.layout = layout
    if case .number(let dataType) = type {
      packing = Packing(storedType: dataType, attributes: attributes)
    }
  }

  /// The type of the stored numbers; `nil` for text and what we can't read.
  public var dataType: DataType? {
    if case .number(let type) = type { type } else { nil }
  }

  /// Bytes per element as ``TileDecoder`` gives them: those of the number, 1 for a character,
  /// `nil` for what we can't read.
  public var elementByteCount: Int? {
    switch type {
    case .number(let type): type.byteCount
    case .text: 1
    case .unsupported: nil
    }
  }

  /// The number of tiles along each dimension.
  public var gridShape: [Int] {
    zip(shape, layout.tileShape).map { $0 / $1 + ($0 % $1 == 0 ? 0 : 1) }
  }
}

public enum VariableType: Hashable, Sendable, Codable {
  case number(DataType)
  /// NetCDF's `char`: one byte per element, a string along the last dimension.
  case text
  /// Anything else, with its name: `string`, `compound`, `enum`, `opaque`, …
  case unsupported(String)
}
