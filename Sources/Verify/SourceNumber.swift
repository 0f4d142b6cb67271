import CF

/// A number as files hold it.
enum SourceNumber: Hashable, Sendable {
  case whole(Int64)
  case real(Double)
}

/// A number type of files, little-endian.
protocol FileNumber: BitwiseCopyable {
  /// In the low bytes.
  var storedBits: UInt64 { get }
  var double: Double { get }
  var isNaN: Bool { get }
}

extension FileNumber where Self: FixedWidthInteger {
  var storedBits: UInt64 {
    UInt64(truncatingIfNeeded: self) & (.max >> UInt64(64 - Self.bitWidth))
  }
  var double: Double { Double(self) }
  var isNaN: Bool { false }
}

extension Int8: FileNumber {}
extension UInt8: FileNumber {}
extension Int16: FileNumber {}
extension UInt16: FileNumber {}
extension Int32: FileNumber {}
extension UInt32: FileNumber {}
extension Int64: FileNumber {}
extension UInt64: FileNumber {}
extension Float: FileNumber {
  var storedBits: UInt64 { UInt64(bitPattern) }
  var double: Double { Double(self) }
}
extension Double: FileNumber {
  var storedBits: UInt64 { bitPattern }
  var double: Double { self }
}

extension DataType {
  /// Calls `body` with the Swift type of this one's numbers.
  func withNumberType<Result>(_ body: (any FileNumber.Type) -> Result) -> Result {
    switch self {
    case .int8: body(Int8.self)
    case .uint8: body(UInt8.self)
    case .int16: body(Int16.self)
    case .uint16: body(UInt16.self)
    case .int32: body(Int32.self)
    case .uint32: body(UInt32.self)
    case .int64: body(Int64.self)
    case .uint64: body(UInt64.self)
    case .float32: body(Float.self)
    case .float64: body(Double.self)
    }
  }

  /// All numbers in little-endian bytes.
  func numbers(_ bytes: [UInt8]) -> [SourceNumber] {
    stride(from: 0, to: bytes.count - byteCount + 1, by: byteCount).map { start in
      let bits = bytes[start..<start + byteCount].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
      return number(bits)
    }
  }

  /// The number that bits in the low bytes stand for; `uint64` as a Double.
  func number(_ bits: UInt64) -> SourceNumber {
    switch self {
    case .int8: .whole(Int64(Int8(truncatingIfNeeded: bits)))
    case .int16: .whole(Int64(Int16(truncatingIfNeeded: bits)))
    case .int32: .whole(Int64(Int32(truncatingIfNeeded: bits)))
    case .int64: .whole(Int64(bitPattern: bits))
    case .uint8, .uint16, .uint32: .whole(Int64(bits))
    case .uint64: bits > UInt64(Int64.max) ? .real(Double(bits)) : .whole(Int64(bits))
    case .float32: .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case .float64: .real(Double(bitPattern: bits))
    }
  }

  /// A number in its fewest digits.
  func text(_ bits: UInt64) -> String {
    switch number(bits) {
    case .whole(let value): "\(value)"
    case .real(let value):
      self == .float32 ? "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))" : "\(value)"
    }
  }
}
