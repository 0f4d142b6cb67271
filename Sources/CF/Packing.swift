/// How stored numbers become values: `packed * scale_factor + add_offset`, and which of them
/// stand for "no value".
///
/// Source: CF Conventions, 2.5.1 (missing data) and 8.1 (packed data); NetCDF Users Guide,
/// `_Unsigned`.
public struct Packing: Hashable, Sendable, Codable {
  /// The type the numbers are stored in; unsigned where `_Unsigned = "true"` says so.
  public let packedType: DataType
  public let scaleFactor: Double?
  public let addOffset: Double?
  /// Stored numbers that mean "no value": `_FillValue` and `missing_value`, as the bits of
  /// ``packedType`` in the low bytes.
  public let missing: [UInt64]

  public init(
    packedType: DataType, scaleFactor: Double?, addOffset: Double?, missing: [UInt64]
  ) {
    self.packedType = packedType
    self.scaleFactor = scaleFactor
    self.addOffset = addOffset
    self.missing = missing
  }

  /// Reads the packing from a variable's type and attributes.
  ///
  /// A `_FillValue` or `missing_value` that the type can't hold matches no stored number and is
  /// left out. Attributes whose name is misspelt, or that hold text, are no packing.
  public init(storedType: DataType, attributes: [Attribute]) {
    let type =
      attributes["_Unsigned"]?.text?.lowercased() == "true" ? storedType.unsigned : storedType
    packedType = type
    scaleFactor = attributes["scale_factor"]?.double
    addOffset = attributes["add_offset"]?.double
    var missing: [UInt64] = []
    for name in ["_FillValue", "missing_value"] {
      for bits in attributes[name]?.bitPatterns(as: type) ?? [] where !missing.contains(bits) {
        missing.append(bits)
      }
    }
    self.missing = missing
  }

  /// Whether there is anything to unpack.
  public var isPacked: Bool { scaleFactor != nil || addOffset != nil }

  /// The type of unpacked values: `float32` for packed types of 16 bits or less, `float64` for
  /// wider ones (`sst_dtime` needs it); the stored type where nothing is packed.
  public var unpackedType: DataType {
    guard isPacked else { return packedType }
    return packedType.byteCount <= 2 ? .float32 : .float64
  }

  /// The value of one stored number, in Double before any rounding to Float.
  @inline(__always)
  public func value(_ packed: Double) -> Double {
    packed * (scaleFactor ?? 1) + (addOffset ?? 0)
  }
}

extension AttributeValue {
  /// The numbers of this attribute as bits of a type, in the low bytes; those that the type can't
  /// hold are left out. Signed and unsigned numbers of one size are taken for each other by
  /// their bits, since `_Unsigned` variables carry their fill in either form.
  public func bitPatterns(as type: DataType) -> [UInt64] {
    switch self {
    case .text, .texts: []
    case .integers(let values, let stored):
      values.compactMap { type.bitPattern(of: $0, storedAs: stored) }
    case .reals(let values, _):
      values.compactMap { type.bitPattern(of: $0) }
    }
  }
}

extension DataType {
  /// The bits of a number in this type, in the low bytes; `nil` if the type can't hold it.
  public func bitPattern(of value: Double) -> UInt64? {
    switch self {
    case .float32:
      let narrow = Float(value)
      return value.isNaN || Double(narrow) == value || value.isInfinite
        ? UInt64(narrow.bitPattern) : nil
    case .float64: return value.bitPattern
    case .uint64: return UInt64(exactly: value)
    default:
      guard let whole = Int64(exactly: value) else { return nil }
      return bitPattern(of: whole, storedAs: .int64)
    }
  }

  func bitPattern(of value: Int64, storedAs stored: DataType) -> UInt64? {
    switch self {
    case .float32, .float64: return bitPattern(of: Double(value))
    case .int64: return UInt64(bitPattern: value)
    case .uint64:
      return value >= 0 || stored.byteCount == byteCount ? UInt64(bitPattern: value) : nil
    default:
      let bits = byteCount * 8
      let mask = (UInt64(1) << UInt64(bits)) - 1
      let signedRange = -(Int64(1) << (bits - 1))...(Int64(1) << (bits - 1)) - 1
      let range = isUnsigned ? 0...Int64(mask) : signedRange
      let sameSize = stored.byteCount == byteCount
      guard range.contains(value) || sameSize else { return nil }
      return UInt64(bitPattern: value) & mask
    }
  }
}
