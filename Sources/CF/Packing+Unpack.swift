/// A number type whose stored form can be packed data. ``bits`` are the stored bits.
protocol PackedNumber {
  var bits: UInt64 { get }
  var double: Double { get }
}

extension FixedWidthInteger {
  @inline(__always) var bits: UInt64 {
    UInt64(truncatingIfNeeded: self) & (UInt64.max >> UInt64(64 - Self.bitWidth))
  }
  @inline(__always) var double: Double { Double(self) }
}

extension Int8: PackedNumber {}
extension UInt8: PackedNumber {}
extension Int16: PackedNumber {}
extension UInt16: PackedNumber {}
extension Int32: PackedNumber {}
extension UInt32: PackedNumber {}
extension Int64: PackedNumber {}
extension UInt64: PackedNumber {}
extension Float: PackedNumber {
  @inline(__always) var bits: UInt64 { UInt64(bitPattern) }
  @inline(__always) var double: Double { Double(self) }
}
extension Double: PackedNumber {
  @inline(__always) var bits: UInt64 { bitPattern }
  @inline(__always) var double: Double { self }
}

extension Packing {
  /// Unpacks stored numbers by the one rule of all routes.
  ///
  /// `Double(packed) * scale_factor + add_offset`, all in Double, rounded once to Float where
  /// ``unpackedType`` is `float32`; a missing number becomes NaN, tested before scaling.
  ///
  /// - Parameters:
  ///   - packed: *n* numbers of ``packedType``, native byte order, any alignment.
  ///   - output: Room for *n* numbers of ``unpackedType``, aligned for it.
  /// - Precondition: ``isPacked``, and both buffers hold the same number of elements.
  /// - Complexity: O(*n*).
  ///
  /// Source: CF Conventions, 2.5.1 and 8.1.
  public func unpack(_ packed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
    precondition(isPacked, "nothing to unpack")
    precondition(
      packed.count / packedType.byteCount == output.count / unpackedType.byteCount,
      "one value for each stored number")
    switch packedType {
    case .int8: unpackNarrow(packed, Int8.self, into: output)
    case .uint8: unpackNarrow(packed, UInt8.self, into: output)
    case .int16: unpackNarrow(packed, Int16.self, into: output)
    case .uint16: unpackNarrow(packed, UInt16.self, into: output)
    case .int32: unpackWide(packed, Int32.self, into: output)
    case .uint32: unpackWide(packed, UInt32.self, into: output)
    case .int64: unpackWide(packed, Int64.self, into: output)
    case .uint64: unpackWide(packed, UInt64.self, into: output)
    case .float32: unpackWide(packed, Float.self, into: output)
    case .float64: unpackWide(packed, Double.self, into: output)
    }
  }

  private func unpackNarrow<Packed: PackedNumber>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type, into output: UnsafeMutableRawBufferPointer
  ) {
    unpackEach(packed, Packed.self, into: output.bindMemory(to: Float.self), nan: .nan) {
      Float($0)
    }
  }

  private func unpackWide<Packed: PackedNumber>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type, into output: UnsafeMutableRawBufferPointer
  ) {
    unpackEach(packed, Packed.self, into: output.bindMemory(to: Double.self), nan: .nan) { $0 }
  }

  @inline(__always)
  private func unpackEach<Packed: PackedNumber, Value>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type,
    into output: UnsafeMutableBufferPointer<Value>,
    nan: Value, round: (Double) -> Value
  ) {
    guard let source = packed.baseAddress, let target = output.baseAddress else { return }
    let scale = scaleFactor ?? 1
    let offset = addOffset ?? 0
    let stride = MemoryLayout<Packed>.size
    switch missing.count {
    case 0:
      for index in 0..<output.count {
        let number = source.loadUnaligned(fromByteOffset: index * stride, as: Packed.self)
        target[index] = round(number.double * scale + offset)
      }
    case 1:
      let fill = missing[0]
      for index in 0..<output.count {
        let number = source.loadUnaligned(fromByteOffset: index * stride, as: Packed.self)
        let value = round(number.double * scale + offset)
        target[index] = number.bits == fill ? nan : value
      }
    default:
      for index in 0..<output.count {
        let number = source.loadUnaligned(fromByteOffset: index * stride, as: Packed.self)
        target[index] =
          missing.contains(number.bits) ? nan : round(number.double * scale + offset)
      }
    }
  }
}
