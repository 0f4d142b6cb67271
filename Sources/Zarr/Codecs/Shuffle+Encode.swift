extension Shuffle {
  /// Groups bytes: what ``decode(_:limit:)`` undoes.
  ///
  /// - Parameter target: As many bytes at least.
  func encode(_ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
    guard let source = bytes.baseAddress, let lanes = target.baseAddress else { return }
    precondition(target.count >= bytes.count, "grouped bytes are as many")
    let count = bytes.count / elementSize
    let lane = lanes.assumingMemoryBound(to: UInt8.self)
    switch elementSize {
    case 2: Self.two(source, lane, count)
    case 4: Self.four(source, lane, count)
    case 8: Self.eight(source, lane, count)
    default: Self.any(source, lane, count, from: 0, elementSize: elementSize)
    }
    let whole = count * elementSize
    (lanes + whole).copyMemory(from: source + whole, byteCount: bytes.count - whole)
  }

  private static func two(
    _ source: UnsafeRawPointer, _ lane: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let (low, high) = (lane, lane + count)
    for element in 0..<count {
      let number = source.loadUnaligned(fromByteOffset: element * 2, as: UInt16.self)
      low[element] = UInt8(truncatingIfNeeded: number)
      high[element] = UInt8(truncatingIfNeeded: number >> 8)
    }
  }

  private static func four(
    _ source: UnsafeRawPointer, _ lane: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let (b0, b1, b2, b3) = (lane, lane + count, lane + 2 * count, lane + 3 * count)
    for element in 0..<count {
      let number = source.loadUnaligned(fromByteOffset: element * 4, as: UInt32.self)
      b0[element] = UInt8(truncatingIfNeeded: number)
      b1[element] = UInt8(truncatingIfNeeded: number >> 8)
      b2[element] = UInt8(truncatingIfNeeded: number >> 16)
      b3[element] = UInt8(truncatingIfNeeded: number >> 24)
    }
  }

  /// Eight elements at a time: their bytes are a square, which is transposed. A loop over single
  /// bytes is a quarter as fast.
  private static func eight(
    _ source: UnsafeRawPointer, _ lane: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    let lanes = UnsafeMutableRawPointer(lane)
    let squares = count / 8
    for square in 0..<squares {
      func row(_ index: Int) -> UInt64 {
        UInt64(
          littleEndian: source.loadUnaligned(
            fromByteOffset: square * 64 + index * 8, as: UInt64.self))
      }
      var (r0, r1, r2, r3) = (row(0), row(1), row(2), row(3))
      var (r4, r5, r6, r7) = (row(4), row(5), row(6), row(7))
      // Blocks of one, two and four bytes change places across the diagonal.
      let ones: UInt64 = 0x00FF_00FF_00FF_00FF
      let twos: UInt64 = 0x0000_FFFF_0000_FFFF
      let fours: UInt64 = 0x0000_0000_FFFF_FFFF
      exchange(&r0, &r1, 8, ones)
      exchange(&r2, &r3, 8, ones)
      exchange(&r4, &r5, 8, ones)
      exchange(&r6, &r7, 8, ones)
      exchange(&r0, &r2, 16, twos)
      exchange(&r1, &r3, 16, twos)
      exchange(&r4, &r6, 16, twos)
      exchange(&r5, &r7, 16, twos)
      exchange(&r0, &r4, 32, fours)
      exchange(&r1, &r5, 32, fours)
      exchange(&r2, &r6, 32, fours)
      exchange(&r3, &r7, 32, fours)
      func store(_ row: UInt64, _ index: Int) {
        lanes.storeBytes(
          of: row.littleEndian, toByteOffset: index * count + square * 8, as: UInt64.self)
      }
      store(r0, 0)
      store(r1, 1)
      store(r2, 2)
      store(r3, 3)
      store(r4, 4)
      store(r5, 5)
      store(r6, 6)
      store(r7, 7)
    }
    any(source, lane, count, from: squares * 8, elementSize: 8)
  }

  /// Exchanges the high blocks of one row with the low blocks of another.
  @inline(__always)
  private static func exchange(
    _ low: inout UInt64, _ high: inout UInt64, _ shift: UInt64, _ mask: UInt64
  ) {
    let changed = (low >> shift ^ high) & mask
    high ^= changed
    low ^= changed << shift
  }

  private static func any(
    _ source: UnsafeRawPointer, _ lane: UnsafeMutablePointer<UInt8>, _ count: Int, from first: Int,
    elementSize: Int
  ) {
    let bytes = source.assumingMemoryBound(to: UInt8.self)
    for byte in 0..<elementSize {
      let to = lane + byte * count
      for element in first..<count { to[element] = bytes[element * elementSize + byte] }
    }
  }
}
