/// A named attribute of a variable or a dataset. Attributes keep the order of the file.
public struct Attribute: Hashable, Sendable, Codable {
  public var name: String
  public var value: AttributeValue

  public init(_ name: String, _ value: AttributeValue) {
    self.name = name
    self.value = value
  }
}

/// The value of an attribute, with the type it has in the file.
public enum AttributeValue: Hashable, Sendable, Codable {
  /// Characters, fixed or of variable length.
  case text(String)
  /// An array of strings.
  case texts([String])
  /// Whole numbers; those of `uint64` beyond `Int64.max` as their bit pattern.
  case integers([Int64], DataType)
  /// Floating-point numbers; `float32` ones widened exactly.
  case reals([Double], DataType)

  /// The text, or the single string of an array of one.
  public var text: String? {
    switch self {
    case .text(let text): text
    case .texts(let texts) where texts.count == 1: texts[0]
    default: nil
    }
  }

  /// The numbers as Double: exact for all but 64-bit integers beyond 2⁵³. Empty for text.
  public var doubles: [Double] {
    switch self {
    case .integers(let values, let type) where type == .uint64:
      values.map { Double(UInt64(bitPattern: $0)) }
    case .integers(let values, _): values.map(Double.init)
    case .reals(let values, _): values
    case .text, .texts: []
    }
  }

  /// The number, if it is exactly one.
  public var double: Double? {
    let values = doubles
    return values.count == 1 ? values[0] : nil
  }

  /// The type of the numbers; `nil` for text.
  public var dataType: DataType? {
    switch self {
    case .integers(_, let type), .reals(_, let type): type
    case .text, .texts: nil
    }
  }
}

extension [Attribute] {
  /// The value of the attribute with this name.
  public subscript(name: String) -> AttributeValue? {
    first { $0.name == name }?.value
  }

  /// Sets, replaces in place, or (with `nil`) removes an attribute.
  public mutating func set(_ name: String, _ value: AttributeValue?) {
    let index = firstIndex { $0.name == name }
    switch (index, value) {
    case (let index?, let value?): self[index].value = value
    case (let index?, nil): remove(at: index)
    case (nil, let value?): append(Attribute(name, value))
    case (nil, nil): break
    }
  }
}
