import CF
import NetCDF

/// Cuts decoded tiles into pieces of bands, drops those that are all fill, and holds the others.
/// One per worker.
final class TileSplitter {
  private let layout: ArrayLayout
  private let column: [Range<Int>]
  /// Bands along each dimension of the column.
  private let bandGrid: [Int]
  private let elementByteCount: Int
  private let codec: HoldCodec
  /// What the store takes for "no value"; a granule that takes another is rewritten.
  private let refill: FillPattern?
  private var writer: PieceWriter
  private let scratch: UnsafeMutableRawBufferPointer
  /// The pieces of each band of the column, in C order of bands.
  private(set) var pieces: [[HeldPiece]]

  init(
    layout: ArrayLayout, column: [Range<Int>], elementByteCount: Int, refill: FillPattern?,
    arena: PieceArena
  ) {
    self.layout = layout
    self.column = column
    self.elementByteCount = elementByteCount
    self.refill = refill
    codec = HoldCodec(elementByteCount: elementByteCount)
    writer = PieceWriter(arena)
    bandGrid = zip(column, layout.band).map { ($0.count + $1 - 1) / $1 }
    pieces = Array(repeating: [], count: bandGrid.reduce(1, *))
    scratch = .allocate(
      byteCount: layout.band.reduce(1, *) * elementByteCount, alignment: 64)
  }

  deinit { scratch.deallocate() }

  /// Holds one time step of a tile.
  ///
  /// - Parameters:
  ///   - plane: The tile's numbers at that step, C order, strides of `tileShape`.
  ///   - tileShape: Without time, as many dimensions as the layout.
  ///   - origin: The tile's first element in the array.
  ///   - step: The position of the step in the store.
  func hold(
    _ plane: UnsafeRawBufferPointer, tileShape: [Int], origin: [Int], step: Int,
    source: StepSource, location: String
  ) throws {
    let region = zip(zip(origin, tileShape), layout.shape).map {
      $0.0..<min($0.0 + $0.1, $1)
    }
    let last = layout.shape.count - 1
    let outer = Array(region.dropLast(2))
    for outerCell in regions(of: outer.map { _ in 1 }, within: outer) {
      let outerIndex = outerCell.map(\.lowerBound)
      for rows in cuts(region[last - 1], by: layout.band[last - 1]) {
        for columns in cuts(region[last], by: layout.band[last]) {
          try holdPiece(
            plane, tileShape: tileShape, origin: origin, outer: outerIndex, rows: rows,
            columns: columns, step: step, source: source, location: location)
        }
      }
    }
  }

  /// Ends the worker's part; its pieces can be read from now on.
  func finish() { writer.finish() }

  private func cuts(_ range: Range<Int>, by extent: Int) -> [Range<Int>] {
    var cuts: [Range<Int>] = []
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min((start / extent + 1) * extent, range.upperBound)
      cuts.append(start..<end)
      start = end
    }
    return cuts
  }

  private func holdPiece(
    _ plane: UnsafeRawBufferPointer, tileShape: [Int], origin: [Int], outer: [Int],
    rows: Range<Int>, columns: Range<Int>, step: Int, source: StepSource, location: String
  ) throws {
    let last = tileShape.count - 1
    var offset = 0
    for axis in outer.indices { offset = offset * tileShape[axis] + outer[axis] - origin[axis] }
    offset = offset * tileShape[last - 1] + rows.lowerBound - origin[last - 1]
    offset = offset * tileShape[last] + columns.lowerBound - origin[last]

    let rowByteCount = columns.count * elementByteCount
    let stride = tileShape[last] * elementByteCount
    let byteCount = rows.count * rowByteCount
    let start = offset * elementByteCount
    guard let target = scratch.baseAddress, let base = plane.baseAddress else { return }
    var piece = UnsafeRawBufferPointer(rebasing: scratch[..<byteCount])
    if rowByteCount == stride || rows.count == 1, refill == nil {
      piece = UnsafeRawBufferPointer(rebasing: plane[start..<start + byteCount])
    } else {
      for row in 0..<rows.count {
        (target + row * rowByteCount).copyMemory(
          from: base + start + row * stride, byteCount: rowByteCount)
      }
    }
    if let refill {
      try replaceFill(
        UnsafeMutableRawBufferPointer(rebasing: scratch[..<byteCount]),
        missing: source.packing.missing, by: refill, location: location)
      if refill.isAll(of: piece) { return }
    } else if let fill = source.fill, fill.isAll(of: piece) {
      return
    }
    let blob = try writer.append(capacity: HoldCodec.capacity(byteCount)) {
      try codec.compress(piece, into: $0)
    }
    let index = bandIndex(outer: outer, row: rows.lowerBound, column: columns.lowerBound)
    pieces[index].append(
      HeldPiece(
        step: Int32(step), y: Int32(rows.lowerBound % layout.band[last - 1]),
        x: Int32(columns.lowerBound % layout.band[last]), height: Int32(rows.count),
        width: Int32(columns.count), blob: blob))
  }

  private func bandIndex(outer: [Int], row: Int, column x: Int) -> Int {
    let position = outer + [row, x]
    var index = 0
    for axis in position.indices {
      let cell = (position[axis] - column[axis].lowerBound) / layout.band[axis]
      index = index * bandGrid[axis] + cell
    }
    return index
  }

  /// Writes one fill value in place of all numbers that mean "no value" in this granule.
  private func replaceFill(
    _ buffer: UnsafeMutableRawBufferPointer, missing: [UInt64], by new: FillPattern,
    location: String
  ) throws(RefillError) {
    func replace<Number: FixedWidthInteger>(_: Number.Type) throws(RefillError) {
      let old = missing.map { Number(truncatingIfNeeded: $0) }
      let replacement = Number(truncatingIfNeeded: new.bits)
      let numbers = buffer.bindMemory(to: Number.self)
      for index in numbers.indices {
        if old.contains(numbers[index]) {
          numbers[index] = replacement
        } else if numbers[index] == replacement {
          throw RefillError(location: location, bits: new.bits)
        }
      }
    }
    switch elementByteCount {
    case 1: try replace(UInt8.self)
    case 2: try replace(UInt16.self)
    case 4: try replace(UInt32.self)
    default: try replace(UInt64.self)
    }
  }
}

/// A value of one granule is what another granule calls "no value".
public struct RefillError: Error, Hashable, Sendable, CustomStringConvertible {
  public let location: String
  public let bits: UInt64

  public var description: String {
    "\(location): a value equals the fill value of other granules (bits \(bits)), so one fill "
      + "can't serve all; leave the variable out, or convert them apart"
  }
}
