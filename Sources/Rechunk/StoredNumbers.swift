import CF

/// Numbers in native bytes, one after the other.
struct StoredNumbers: Sequence, IteratorProtocol {
  enum Value: Hashable {
    case whole(Int64)
    case real(Double)

    var double: Double {
      switch self {
      case .whole(let value): Double(value)
      case .real(let value): value
      }
    }
  }

  private let bytes: [UInt8]
  private let type: DataType
  private var position = 0

  init(bytes: [UInt8], type: DataType) {
    self.bytes = bytes
    self.type = type
  }

  /// An attribute's numbers, by their bits, as numbers of another type of the same size.
  init(_ value: AttributeValue, as type: DataType) {
    let bytes = value.bitPatterns(as: type).flatMap { bits in
      withUnsafeBytes(of: bits.littleEndian) { Array($0.prefix(type.byteCount)) }
    }
    self.init(bytes: bytes, type: type)
  }

  var doubles: [Double] { map(\.value.double) }

  mutating func next() -> (value: Value, bits: UInt64)? {
    guard position + type.byteCount <= bytes.count else { return nil }
    defer { position += type.byteCount }
    return bytes.withUnsafeBytes { raw in
      func whole<Number: FixedWidthInteger>(_: Number.Type) -> (value: Value, bits: UInt64) {
        let number = raw.loadUnaligned(fromByteOffset: position, as: Number.self)
        let mask = UInt64.max >> UInt64(64 - Number.bitWidth)
        return (
          .whole(Int64(truncatingIfNeeded: number)), UInt64(truncatingIfNeeded: number) & mask
        )
      }
      switch type {
      case .int8: return whole(Int8.self)
      case .uint8: return whole(UInt8.self)
      case .int16: return whole(Int16.self)
      case .uint16: return whole(UInt16.self)
      case .int32: return whole(Int32.self)
      case .uint32: return whole(UInt32.self)
      case .int64: return whole(Int64.self)
      case .uint64:
        let number = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        return (.real(Double(number)), number)
      case .float32:
        let number = raw.loadUnaligned(fromByteOffset: position, as: Float.self)
        return (.real(Double(number)), UInt64(number.bitPattern))
      case .float64:
        let number = raw.loadUnaligned(fromByteOffset: position, as: Double.self)
        return (.real(number), number.bitPattern)
      }
    }
  }
}
