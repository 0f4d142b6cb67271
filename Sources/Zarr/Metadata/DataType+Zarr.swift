public import CF

/// The order of the bytes of one element.
public enum ByteOrder: String, Hashable, Sendable {
  case little, big
}

extension DataType {
  /// The NumPy type string of Zarr v2 metadata, little-endian: `<f4`, `|i1`.
  public var v2Name: String {
    let kind = isFloatingPoint ? "f" : isUnsigned ? "u" : "i"
    return "\(byteCount == 1 ? "|" : "<")\(kind)\(byteCount)"
  }

  /// Reads a NumPy type string; `nil` for types that aren't one of ours (`|b1`, `<M8[s]`, `|S4`).
  public static func parse(v2Name: String) -> (type: DataType, order: ByteOrder)? {
    guard let mark = v2Name.first, "<>|".contains(mark),
      let type = allCases.first(where: { $0.v2Name.dropFirst() == v2Name.dropFirst() }),
      mark != "|" || type.byteCount == 1
    else { return nil }
    return (type, mark == ">" ? .big : .little)
  }

  /// The bits of the fill value in metadata; `nil` if it is no number of this type.
  ///
  /// A float may be a number, `"NaN"`, `"Infinity"`, `"-Infinity"` or its bits in hexadecimal
  /// (`"0x7fc00001"`); an integer may be written `0.0`, as some writers of Zarr v2 do.
  ///
  /// Source: Zarr v3 core, "Fill value"; Zarr v2, "Fill value encoding".
  public func fillBits(of value: JSONValue) -> UInt64? {
    switch value {
    case .string(let text): isFloatingPoint ? fillBits(named: text) : nil
    case .integer(let value): isFloatingPoint ? rounded(Double(value)) : wholeBits(value)
    case .unsigned(let value):
      isFloatingPoint ? rounded(Double(value)) : self == .uint64 ? value : nil
    case .number(let value): isFloatingPoint ? rounded(value) : bitPattern(of: value)
    case .null, .bool, .array, .object: nil
    }
  }

  private func fillBits(named text: String) -> UInt64? {
    switch text {
    case "NaN": return rounded(.nan)
    case "Infinity": return rounded(.infinity)
    case "-Infinity": return rounded(-.infinity)
    default:
      guard text.hasPrefix("0x"), text.utf8.count == 2 + byteCount * 2 else { return nil }
      return UInt64(text.dropFirst(2), radix: 16)
    }
  }

  private func rounded(_ value: Double) -> UInt64 {
    self == .float32 ? UInt64(Float(value).bitPattern) : value.bitPattern
  }

  /// Unlike `AttributeValue.bitPatterns`, takes no signed number for an unsigned one.
  private func wholeBits(_ value: Int64) -> UInt64? {
    guard !isUnsigned || value >= 0 else { return nil }
    guard byteCount < 8 else { return UInt64(bitPattern: value) }
    let bits = byteCount * 8 - (isUnsigned ? 0 : 1)
    let limit = Int64(1) << bits
    guard value < limit, value >= (isUnsigned ? 0 : -limit) else { return nil }
    return UInt64(bitPattern: value) & (UInt64.max >> UInt64(64 - byteCount * 8))
  }

  /// The fill value as metadata has it: a NaN with other bits than the usual one as `0x…`.
  public func fillJSON(_ bits: UInt64) -> JSONValue {
    switch self {
    case .float32, .float64:
      let value = real(bits)
      guard value.isFinite else {
        let name = JSONValue.name(ofNonFinite: value)
        if fillBits(named: name) == bits { return .string(name) }
        let digits = String(bits, radix: 16)
        return .string("0x" + String(repeating: "0", count: byteCount * 2 - digits.count) + digits)
      }
      return .number(shortest(bits))
    case .uint64:
      return Int64(exactly: bits).map(JSONValue.integer) ?? .unsigned(bits)
    default: return .integer(whole(bits))
    }
  }

  /// The number these bits stand for, exactly. For floating-point types.
  package func real(_ bits: UInt64) -> Double {
    self == .float32
      ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))) : Double(bitPattern: bits)
  }

  /// A Double whose shortest digits are those of the Float with these bits.
  private func shortest(_ bits: UInt64) -> Double {
    guard self == .float32 else { return Double(bitPattern: bits) }
    let value = Float(bitPattern: UInt32(truncatingIfNeeded: bits))
    return Double("\(value)") ?? Double(value)
  }

  /// The number these bits stand for. For integers up to `int64`.
  package func whole(_ bits: UInt64) -> Int64 {
    let unused = 64 - byteCount * 8
    let shifted = Int64(bitPattern: bits << UInt64(unused))
    return isUnsigned ? Int64(bitPattern: bits) : shifted >> Int64(unused)
  }
}
