public import CF

extension SeriesValues {
  /// Turns stored numbers into values by the one rule of all routes.
  ///
  /// Packed numbers are unpacked as ``Packing/unpack(_:into:)`` says; others keep their type. What
  /// `_FillValue` or `missing_value` names is fill, and so is NaN.
  ///
  /// - Parameter stored: Little-endian numbers of `packing.packedType`.
  public init(unpacking stored: [UInt8], _ packing: Packing) {
    let count = stored.count / packing.packedType.byteCount
    self.init(type: packing.unpackedType, count: count, missing: .fill)
    stored.withUnsafeBytes { stored in
      if packing.isPacked {
        unpack(stored, packing)
      } else {
        keep(stored, packing)
      }
    }
  }

  private mutating func unpack(_ stored: UnsafeRawBufferPointer, _ packing: Packing) {
    switch packing.unpackedType {
    case .float32:
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { room in
        packing.unpack(stored, into: UnsafeMutableRawBufferPointer(room))
        put(room) { Double($0) }
      }
    default:
      withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { room in
        packing.unpack(stored, into: UnsafeMutableRawBufferPointer(room))
        put(room) { $0 }
      }
    }
  }

  private mutating func keep(_ stored: UnsafeRawBufferPointer, _ packing: Packing) {
    let missing = packing.missing
    func reals<Bits: FixedWidthInteger>(_: Bits.Type, _ value: (Bits) -> Double) {
      for index in 0..<count {
        let bits = Bits(
          littleEndian: stored.loadUnaligned(
            fromByteOffset: index * MemoryLayout<Bits>.size, as: Bits.self))
        if !missing.contains(UInt64(bits)) { put(index, value(bits)) }
      }
    }
    func whole<Number: FixedWidthInteger>(_: Number.Type) {
      for index in 0..<count {
        let number = Number(
          littleEndian: stored.loadUnaligned(
            fromByteOffset: index * MemoryLayout<Number>.size, as: Number.self))
        let pattern =
          UInt64(truncatingIfNeeded: number) & (UInt64.max >> UInt64(64 - Number.bitWidth))
        if missing.contains(pattern) { continue }
        bits[index] = UInt64(truncatingIfNeeded: number)
        statuses[index] = .value
      }
    }
    switch packing.packedType {
    case .int8: whole(Int8.self)
    case .uint8: whole(UInt8.self)
    case .int16: whole(Int16.self)
    case .uint16: whole(UInt16.self)
    case .int32: whole(Int32.self)
    case .uint32: whole(UInt32.self)
    case .int64: whole(Int64.self)
    case .uint64: whole(UInt64.self)
    case .float32: reals(UInt32.self) { Double(Float(bitPattern: $0)) }
    case .float64: reals(UInt64.self) { Double(bitPattern: $0) }
    }
  }

  /// All numbers at once.
  private mutating func put<Number>(
    _ numbers: UnsafeMutableBufferPointer<Number>, _ value: (Number) -> Double
  ) {
    bits.withUnsafeMutableBufferPointer { bits in
      statuses.withUnsafeMutableBufferPointer { statuses in
        for index in numbers.indices {
          let value = value(numbers[index])
          guard !value.isNaN else { continue }
          bits[index] = value.bitPattern
          statuses[index] = .value
        }
      }
    }
  }

  private mutating func put(_ index: Int, _ value: Double) {
    guard !value.isNaN else { return }
    bits[index] = value.bitPattern
    statuses[index] = .value
  }
}
