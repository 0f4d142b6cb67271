public import CF

/// Why there is no value, or that there is one.
public enum ValueStatus: UInt8, Hashable, Sendable {
  case value
  /// The source says that nothing was measured.
  case fill
  /// A filter took the value out.
  case filtered
  /// The granule of this step doesn't have the variable.
  case variableAbsent
  /// There is no granule for this step.
  case noGranule

  /// As printed; empty where there is a value.
  public var text: String {
    switch self {
    case .value: ""
    case .fill: "fill"
    case .filtered: "filtered"
    case .variableAbsent: "variable absent"
    case .noGranule: "no granule"
    }
  }
}

/// Numbers of one type, some of them missing.
///
/// - Invariant: as many statuses as numbers.
public struct SeriesValues: Hashable, Sendable {
  /// What the numbers are: a float or integer type, after unpacking.
  public internal(set) var type: DataType
  /// For floating-point types the bits of a Double (`float32` widened exactly), for signed
  /// integers of an Int64, for unsigned ones of a UInt64. 0 where there is no value.
  public internal(set) var bits: [UInt64]
  public internal(set) var statuses: [ValueStatus]

  /// All missing for one reason.
  public init(type: DataType, count: Int, missing: ValueStatus) {
    self.type = type
    bits = [UInt64](repeating: 0, count: count)
    statuses = [ValueStatus](repeating: missing, count: count)
  }

  public var count: Int { bits.count }

  /// The number as Double, exact but for whole numbers beyond 2⁵³; `nil` if there is none.
  public subscript(index: Int) -> Double? {
    guard statuses[index] == .value else { return nil }
    return type.number(ofBits: bits[index])
  }

  /// The shortest digits that read back the same number of this type; empty if there is none.
  public func text(_ index: Int) -> String {
    guard statuses[index] == .value else { return "" }
    return type.text(ofBits: bits[index])
  }

  /// Puts a number in place, rounded to the type.
  mutating func set(_ index: Int, _ value: Double) {
    bits[index] =
      type.isFloatingPoint
      ? (type == .float32 ? Double(Float(value)) : value).bitPattern
      : UInt64(bitPattern: Int64(value.rounded()))
    statuses[index] = .value
  }

  mutating func remove(_ index: Int, because status: ValueStatus) {
    bits[index] = 0
    statuses[index] = status
  }
}

extension DataType {
  /// The number that bits of ``SeriesValues`` stand for.
  func number(ofBits bits: UInt64) -> Double {
    if isFloatingPoint { return Double(bitPattern: bits) }
    return isUnsigned ? Double(bits) : Double(Int64(bitPattern: bits))
  }

  func text(ofBits bits: UInt64) -> String {
    switch self {
    case .float32: Float(Double(bitPattern: bits)).description
    case .float64: Double(bitPattern: bits).description
    default: isUnsigned ? bits.description : Int64(bitPattern: bits).description
    }
  }

  /// The narrowest type that holds all numbers of both exactly; `float64` if none does.
  func union(_ other: DataType) -> DataType {
    if self == other { return self }
    let both = [self, other]
    if both.contains(.float64) { return .float64 }
    if both.contains(.float32) {
      let whole = self == .float32 ? other : self
      return whole.byteCount <= 2 ? .float32 : .float64
    }
    let byteCount = Swift.max(self.byteCount, other.byteCount)
    if isUnsigned == other.isUnsigned { return self.byteCount == byteCount ? self : other }
    // A signed type that is wider than the unsigned one.
    let unsignedCount = isUnsigned ? self.byteCount : other.byteCount
    let signedCount = isUnsigned ? other.byteCount : self.byteCount
    let needed = Swift.max(signedCount, unsignedCount * 2)
    return [.int8, .int16, .int32, .int64].first { $0.byteCount == needed } ?? .float64
  }

  /// Bits of this type's numbers as those of another that holds them.
  func widen(_ bits: UInt64, to wider: DataType) -> UInt64 {
    if isFloatingPoint || !wider.isFloatingPoint { return bits }
    return number(ofBits: bits).bitPattern
  }
}
