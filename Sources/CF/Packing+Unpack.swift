/// A number type whose stored form can be packed data. ``bits`` are the stored bits.
protocol PackedNumber {
  associatedtype Bits: FixedWidthInteger & UnsignedInteger
  var bits: Bits { get }
  var double: Double { get }
}

extension PackedNumber where Self: FixedWidthInteger, Magnitude: FixedWidthInteger {
  @inline(__always) var bits: Magnitude { Magnitude(truncatingIfNeeded: self) }
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
  @inline(__always) var bits: UInt32 { bitPattern }
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
    case .int32: unpackInteger(packed, Int32.self, into: output)
    case .uint32: unpackInteger(packed, UInt32.self, into: output)
    case .int64: unpackWide(packed, Int64.self, into: output)
    case .uint64: unpackWide(packed, UInt64.self, into: output)
    case .float32: unpackWide(packed, Float.self, into: output)
    case .float64: unpackWide(packed, Double.self, into: output)
    }
  }

  private func unpackNarrow<Packed: PackedNumber & FixedWidthInteger>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type, into output: UnsafeMutableRawBufferPointer
  ) {
    let values = output.bindMemory(to: Float.self)
    guard missing.count == 1 else {
      return unpackEach(packed, Packed.self, into: values, nan: .nan) { Float($0) }
    }
    unpackExact(
      packed, Packed.self, into: values, fill: Float(Packed(truncatingIfNeeded: missing[0])),
      nan: .nan, exact: { Float($0) }, double: { Double($0) }, round: { Float($0) })
  }

  private func unpackInteger<Packed: PackedNumber & FixedWidthInteger>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type, into output: UnsafeMutableRawBufferPointer
  ) {
    let values = output.bindMemory(to: Double.self)
    guard missing.count == 1 else {
      return unpackEach(packed, Packed.self, into: values, nan: .nan) { $0 }
    }
    unpackExact(
      packed, Packed.self, into: values, fill: Double(Packed(truncatingIfNeeded: missing[0])),
      nan: .nan, exact: { Double($0) }, double: { $0 }, round: { $0 })
  }

  private func unpackWide<Packed: PackedNumber>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type, into output: UnsafeMutableRawBufferPointer
  ) {
    unpackEach(packed, Packed.self, into: output.bindMemory(to: Double.self), nan: .nan) { $0 }
  }

  /// For integers that the type of the values can hold: the missing one is compared as such. If it
  /// is compared as it is stored, the compiler's vectors wait for each other: four times slower.
  @inline(__always)
  private func unpackExact<Packed: PackedNumber, Value: Equatable>(
    _ packed: UnsafeRawBufferPointer, _: Packed.Type,
    into output: UnsafeMutableBufferPointer<Value>, fill: Value, nan: Value,
    exact: (Packed) -> Value, double: (Value) -> Double, round: (Double) -> Value
  ) {
    guard let source = packed.baseAddress, let target = output.baseAddress else { return }
    let scale = scaleFactor ?? 1
    let offset = addOffset ?? 0
    for index in 0..<output.count {
      let number = exact(
        source.loadUnaligned(fromByteOffset: index * MemoryLayout<Packed>.size, as: Packed.self))
      let value = round(double(number) * scale + offset)
      target[index] = number == fill ? nan : value
    }
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
    // One number means "no value" in nearly all files; compared in its own type, the loop
    // becomes vector instructions.
    let fill = missing.first.map(Packed.Bits.init(truncatingIfNeeded:))
    guard missing.count <= 1 else {
      for index in 0..<output.count {
        let number = source.loadUnaligned(fromByteOffset: index * stride, as: Packed.self)
        let isMissing = missing.contains(UInt64(truncatingIfNeeded: number.bits))
        target[index] = isMissing ? nan : round(number.double * scale + offset)
      }
      return
    }
    guard let fill else {
      for index in 0..<output.count {
        let number = source.loadUnaligned(fromByteOffset: index * stride, as: Packed.self)
        target[index] = round(number.double * scale + offset)
      }
      return
    }
    for index in 0..<output.count {
      let number = source.loadUnaligned(fromByteOffset: index * stride, as: Packed.self)
      let value = round(number.double * scale + offset)
      target[index] = number.bits == fill ? nan : value
    }
  }
}
