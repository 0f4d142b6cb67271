import CF
import NetCDF

/// How a granule's numbers become values, read from what libnetcdf says of its attributes.
///
/// Written apart from ``CF/Packing``, by which stores are made.
///
/// Source: CF Conventions, 2.5.1 and 8.1; NetCDF Users Guide, `_Unsigned`.
struct SourcePacking: Hashable, Sendable {
  /// As the numbers are meant: unsigned where `_Unsigned` says so.
  let type: DataType
  let scale: Double
  let offset: Double
  /// Stored bits, in the low bytes, that mean “no value”; first `_FillValue`'s.
  let missing: [UInt64]

  /// - Precondition: the variable holds numbers.
  init(_ variable: Witness.Variable) {
    let stored = variable.type ?? .int8
    let attributes = variable.attributes
    type = attributes["_Unsigned"]?.text?.lowercased() == "true" ? stored.unsigned : stored
    func single(_ name: String) -> Double? {
      let numbers = attributes[name]?.doubles ?? []
      return numbers.count == 1 ? numbers[0] : nil
    }
    scale = single("scale_factor") ?? 1
    offset = single("add_offset") ?? 0
    var missing: [UInt64] = []
    for name in ["_FillValue", "missing_value"] {
      for bits in Self.bits(attributes[name], as: type) where !missing.contains(bits) {
        missing.append(bits)
      }
    }
    self.missing = missing
  }

  func isMissing(_ bits: UInt64) -> Bool { missing.contains(bits) }

  /// An attribute's numbers as stored bits of a type; those it can't hold match nothing. Integers
  /// of the same size are taken by their bits, whatever their sign.
  private static func bits(_ value: AttributeValue?, as type: DataType) -> [UInt64] {
    let mask = UInt64.max >> UInt64(64 - 8 * type.byteCount)
    switch value {
    case .integers(let numbers, let stored)?:
      return numbers.compactMap { number in
        if type.isFloatingPoint { return bits(Double(number), as: type) }
        if stored.byteCount == type.byteCount { return UInt64(bitPattern: number) & mask }
        let bits = UInt64(bitPattern: number) & mask
        // A number is held exactly if it comes back from its bits.
        return type.number(bits) == .whole(number) ? bits : nil
      }
    case .reals(let numbers, _)?: return numbers.compactMap { bits($0, as: type) }
    case .text?, .texts?, nil: return []
    }
  }

  private static func bits(_ number: Double, as type: DataType) -> UInt64? {
    switch type {
    case .float64: return number.bitPattern
    case .float32:
      let narrow = Float(number)
      return Double(narrow) == number || number.isNaN ? UInt64(narrow.bitPattern) : nil
    case .uint64: return UInt64(exactly: number)
    default:
      guard let whole = Int64(exactly: number) else { return nil }
      let bits = UInt64(bitPattern: whole) & (UInt64.max >> UInt64(64 - 8 * type.byteCount))
      return type.number(bits) == .whole(whole) ? bits : nil
    }
  }
}
