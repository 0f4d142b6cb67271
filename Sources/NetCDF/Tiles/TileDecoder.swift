import CDeflate
public import Storage

/// Turns stored tiles into numbers. It reuses its buffers: keep one for each worker.
///
/// It makes no call to libhdf5, which has one lock for all threads.
public final class TileDecoder {
  private let inflater: OpaquePointer
  private var scratch: [UnsafeMutableRawBufferPointer] = []

  private let clock: StageClock?

  /// - Parameter clock: Counts the time of inflating and unshuffling.
  public init(clock: StageClock? = nil) {
    self.clock = clock
    guard let inflater = libdeflate_alloc_decompressor() else {
      preconditionFailure("no memory for a decompressor")
    }
    self.inflater = inflater
  }

  deinit {
    libdeflate_free_decompressor(inflater)
    for buffer in scratch { buffer.deallocate() }
  }

  /// Decodes one tile.
  ///
  /// - Parameters:
  ///   - tile: A tile of the variable, as ``TileReader/fetch(_:)`` gives it.
  ///   - output: The product of the variable's `tileShape` elements, little-endian, C order, with
  ///     the strides of `tileShape`. What lies beyond the array's edge is undefined. A tile that
  ///     was never written is all fill.
  /// - Throws: ``GranuleError``, without location, if the bytes can't be the tile's.
  /// - Precondition: `output` holds exactly one tile.
  public func decode(
    _ tile: StoredTile, of variable: Variable, into output: UnsafeMutableRawBufferPointer
  ) throws(GranuleError) {
    do throws(GranuleError.Reason) {
      try decodeBytes(tile, variable, output)
    } catch {
      throw GranuleError(location: "tile \(tile.index)", variable: variable.name, reason: error)
    }
  }

  private func decodeBytes(
    _ tile: StoredTile, _ variable: Variable, _ output: UnsafeMutableRawBufferPointer
  ) throws(GranuleError.Reason) {
    let layout = variable.layout
    guard let elementByteCount = variable.elementByteCount else {
      throw .unsupported("its type is \(variable.type)")
    }
    precondition(
      output.count == layout.tileShape.reduce(elementByteCount, *), "output holds one tile")
    guard let bytes = tile.bytes else {
      return Self.fill(output, layout.fillBits, elementByteCount: elementByteCount)
    }
    switch layout.place {
    case .library:
      return try spread(bytes, variable.region(ofTile: tile.index), variable, output)
    case .contiguous, .records:
      try copyRows(bytes, variable.region(ofTile: tile.index), elementByteCount, output)
    case .chunks, .unallocated:
      try undoFilters(bytes, layout.filters, mask: tile.filterMask, output)
    }
    if layout.isBigEndian { Self.swapBytes(output, elementByteCount: elementByteCount) }
  }

  /// Runs of rows fill the tile from its start.
  private func copyRows(
    _ bytes: ArraySlice<UInt8>, _ region: [Range<Int>], _ elementByteCount: Int,
    _ output: UnsafeMutableRawBufferPointer
  ) throws(GranuleError.Reason) {
    guard bytes.count == region.reduce(elementByteCount, { $0 * $1.count }) else {
      throw .damaged("a tile of \(bytes.count) bytes")
    }
    bytes.withUnsafeBytes { output.copyMemory(from: $0) }
  }

  /// Places a region that has no padding into a tile that has, at the array's edges.
  private func spread(
    _ bytes: ArraySlice<UInt8>, _ region: [Range<Int>], _ variable: Variable,
    _ output: UnsafeMutableRawBufferPointer
  ) throws(GranuleError.Reason) {
    let elementByteCount = variable.elementByteCount ?? 1
    let counts = region.map(\.count)
    guard bytes.count == counts.reduce(elementByteCount, *) else {
      throw .damaged("a tile of \(bytes.count) bytes")
    }
    bytes.withUnsafeBytes {
      StridedCopy.copy(
        $0, shape: counts, at: counts.map { _ in 0 }, output, shape: variable.layout.tileShape,
        at: counts.map { _ in 0 }, extent: counts, elementByteCount: elementByteCount)
    }
  }

  private func undoFilters(
    _ bytes: ArraySlice<UInt8>, _ filters: [Filter], mask: UInt32,
    _ output: UnsafeMutableRawBufferPointer
  ) throws(GranuleError.Reason) {
    let applied = filters.indices.filter { $0 >= 32 || mask & (1 << UInt32($0)) == 0 }
      .map { filters[$0] }.filter { $0 != .shuffle(elementSize: 1) }
    // How many bytes each filter was given, from the known size of the tile on.
    var sizes: [Int] = []
    var size = output.count
    for filter in applied {
      sizes.append(size)
      if case .fletcher32 = filter { size += 4 }
    }
    let failure: GranuleError.Reason? = bytes.withUnsafeBufferPointer { stored in
      do throws(GranuleError.Reason) {
        try undo(applied[...], sizes, stored, output)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  private func undo(
    _ filters: ArraySlice<Filter>, _ sizes: [Int], _ stored: UnsafeBufferPointer<UInt8>,
    _ output: UnsafeMutableRawBufferPointer
  ) throws(GranuleError.Reason) {
    var current = stored
    var side = 0
    for (position, filter) in filters.enumerated().reversed() {
      let size = sizes[position]
      switch filter {
      case .fletcher32:
        guard Fletcher32.isValid(current) else { throw .damaged("a tile's checksum is wrong") }
        current = UnsafeBufferPointer(rebasing: current.dropLast(4))
        guard current.count == size || filters[..<position].contains(where: \.isDeflate) else {
          throw .damaged("a tile of \(current.count) bytes, not \(size)")
        }
      case .deflate:
        let target = position == 0 ? output : buffer(side, size)
        side = 1 - side
        try inflate(current, into: target)
        current = UnsafeBufferPointer(target.bindMemory(to: UInt8.self))
      case .shuffle(let elementSize):
        let target = position == 0 ? output : buffer(side, current.count)
        side = 1 - side
        guard current.count == size, let from = current.baseAddress,
          let to = target.bindMemory(to: UInt8.self).baseAddress
        else { throw .damaged("a tile of \(current.count) bytes, not \(size)") }
        clock.measure(.unshuffle, byteCount: size) {
          Unshuffle.run(from, to, byteCount: size, elementSize: elementSize)
        }
        current = UnsafeBufferPointer(start: to, count: size)
      case .other(let id, let name): throw .unsupported("filter \(name) (\(id))")
      }
    }
    guard current.count == output.count else {
      throw .damaged("a tile of \(current.count) bytes, not \(output.count)")
    }
    if UnsafeRawPointer(current.baseAddress) != UnsafeRawPointer(output.baseAddress) {
      output.copyMemory(from: UnsafeRawBufferPointer(current))
    }
  }

  private func inflate(
    _ source: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableRawBufferPointer
  ) throws(GranuleError.Reason) {
    let result = clock.measure(.inflate, byteCount: target.count) {
      libdeflate_zlib_decompress(
        inflater, source.baseAddress, source.count, target.baseAddress, target.count, nil)
    }
    switch result {
    case LIBDEFLATE_SUCCESS: return
    case LIBDEFLATE_SHORT_OUTPUT:
      throw .damaged("a tile inflates to less than \(target.count) bytes")
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      throw .damaged("a tile inflates to more than \(target.count) bytes")
    default: throw .damaged("a tile isn't valid deflate data")
    }
  }

  /// One of two buffers that are kept between tiles, of at least this size.
  private func buffer(_ side: Int, _ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    while scratch.count < 2 { scratch.append(.allocate(byteCount: 0, alignment: 64)) }
    if scratch[side].count < byteCount {
      scratch[side].deallocate()
      scratch[side] = .allocate(byteCount: byteCount, alignment: 64)
    }
    return UnsafeMutableRawBufferPointer(rebasing: scratch[side][..<byteCount])
  }

  private static func fill(
    _ output: UnsafeMutableRawBufferPointer, _ bits: UInt64, elementByteCount: Int
  ) {
    switch elementByteCount {
    case 1: output.bindMemory(to: UInt8.self).update(repeating: UInt8(truncatingIfNeeded: bits))
    case 2: output.bindMemory(to: UInt16.self).update(repeating: UInt16(truncatingIfNeeded: bits))
    case 4: output.bindMemory(to: UInt32.self).update(repeating: UInt32(truncatingIfNeeded: bits))
    default: output.bindMemory(to: UInt64.self).update(repeating: bits)
    }
  }

  private static func swapBytes(
    _ output: UnsafeMutableRawBufferPointer, elementByteCount: Int
  ) {
    switch elementByteCount {
    case 2:
      for (index, value) in output.bindMemory(to: UInt16.self).enumerated() {
        output.storeBytes(of: value.byteSwapped, toByteOffset: index * 2, as: UInt16.self)
      }
    case 4:
      for (index, value) in output.bindMemory(to: UInt32.self).enumerated() {
        output.storeBytes(of: value.byteSwapped, toByteOffset: index * 4, as: UInt32.self)
      }
    case 8:
      for (index, value) in output.bindMemory(to: UInt64.self).enumerated() {
        output.storeBytes(of: value.byteSwapped, toByteOffset: index * 8, as: UInt64.self)
      }
    default: break
    }
  }
}

extension Filter {
  var isDeflate: Bool { if case .deflate = self { true } else { false } }
}
