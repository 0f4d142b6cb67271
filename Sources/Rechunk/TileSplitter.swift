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
  private(set) var pieces: HeldPieces

  init(
    layout: ArrayLayout, column: [Range<Int>], codec: HoldCodec, refill: FillPattern?,
    arena: PieceArena
  ) {
    self.layout = layout
    self.column = column
    self.codec = codec
    self.refill = refill
    elementByteCount = codec.elementByteCount
    writer = PieceWriter(arena)
    bandGrid = zip(column, layout.band).map { ($0.count + $1 - 1) / $1 }
    pieces = HeldPieces(bandCount: bandGrid.reduce(1, *))
    scratch = .allocate(
      byteCount: layout.band.reduce(1, *) * elementByteCount, alignment: 64)
  }

  deinit { scratch.deallocate() }

  /// A part of one dimension of a tile that lies in one band.
  private struct Cut {
    /// First element, counted from the tile's.
    let start: Int
    let count: Int
    /// The band's position in the column, and the part's first element in the band.
    let band: Int
    let offset: Int
  }

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
    let last = layout.shape.count - 1
    let rows = cuts(axis: last - 1, tileShape, origin)
    let columns = cuts(axis: last, tileShape, origin)
    let width = tileShape[last]
    let planeElements = tileShape[last - 1] * width
    for (planeIndex, planeBand) in planes(tileShape, origin) {
      for row in rows {
        let firstBand = (planeBand * bandGrid[last - 1] + row.band) * bandGrid[last]
        let start = planeIndex * planeElements + row.start * width
        for cut in columns {
          let from = UnsafeRawBufferPointer(
            rebasing: plane[(start + cut.start) * elementByteCount..<plane.count])
          guard
            let blob = try hold(
              from, rows: row.count, columns: cut.count, stride: width, source: source,
              location: location)
          else { continue }
          pieces.append(
            HeldPiece(
              step: Int32(step), y: Int32(row.offset), x: Int32(cut.offset),
              height: Int32(row.count), width: Int32(cut.count), blob: blob),
            band: firstBand + cut.band)
        }
      }
    }
  }

  /// Ends the worker's part; its pieces can be read from now on.
  func finish() { writer.finish() }

  /// Where bands cut a tile along one dimension, as far as the array reaches.
  private func cuts(axis: Int, _ tileShape: [Int], _ origin: [Int]) -> [Cut] {
    let extent = layout.band[axis]
    let end = min(origin[axis] + tileShape[axis], layout.shape[axis])
    var cuts: [Cut] = []
    var start = origin[axis]
    while start < end {
      let next = min((start / extent + 1) * extent, end)
      cuts.append(
        Cut(
          start: start - origin[axis], count: next - start,
          band: (start - column[axis].lowerBound) / extent, offset: start % extent))
      start = next
    }
    return cuts
  }

  /// The planes of rows and columns that a tile of more than two dimensions holds: the position of
  /// each in the tile, and of its bands among those of the column.
  private func planes(_ tileShape: [Int], _ origin: [Int]) -> [(index: Int, band: Int)] {
    var planes = [(index: 0, band: 0)]
    for axis in tileShape.indices.dropLast(2) {
      let end = min(origin[axis] + tileShape[axis], layout.shape[axis])
      planes = planes.flatMap { plane in
        (origin[axis]..<end).map { position in
          (
            plane.index * tileShape[axis] + position - origin[axis],
            plane.band * bandGrid[axis] + (position - column[axis].lowerBound) / layout.band[axis]
          )
        }
      }
    }
    return planes
  }

  /// Holds a rectangle; `nil` if it is all fill.
  ///
  /// - Parameters:
  ///   - source: From its first element on.
  ///   - stride: Elements from one row to the next.
  private func hold(
    _ plane: UnsafeRawBufferPointer, rows: Int, columns: Int, stride: Int, source: StepSource,
    location: String
  ) throws -> PieceArena.Blob? {
    let byteCount = rows * columns * elementByteCount
    if codec.isPlain {
      let blob = try writer.append(capacity: byteCount) { target in
        copyRows(plane, rows: rows, columns: columns, stride: stride, into: target)
        return try isFill(target, source: source, location: location) ? 0 : byteCount
      }
      return blob.byteCount > 0 ? blob : nil
    }
    let piece = UnsafeMutableRawBufferPointer(rebasing: scratch[..<byteCount])
    copyRows(plane, rows: rows, columns: columns, stride: stride, into: piece)
    if try isFill(piece, source: source, location: location) { return nil }
    return try writer.append(capacity: codec.capacity(byteCount)) {
      try codec.compress(UnsafeRawBufferPointer(piece), into: $0)
    }
  }

  private func copyRows(
    _ source: UnsafeRawBufferPointer, rows: Int, columns: Int, stride: Int,
    into target: UnsafeMutableRawBufferPointer
  ) {
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    if columns == stride {
      to.copyMemory(from: from, byteCount: rows * columns * elementByteCount)
    } else {
      RowCopy.copy(
        from, stride: stride * elementByteCount, to, stride: columns * elementByteCount,
        rows: rows, byteCount: columns * elementByteCount)
    }
  }

  /// Whether a piece is all fill, after its fill was replaced by the store's where they differ.
  private func isFill(
    _ piece: UnsafeMutableRawBufferPointer, source: StepSource, location: String
  ) throws(RefillError) -> Bool {
    if let refill {
      try replaceFill(piece, missing: source.packing.missing, by: refill, location: location)
      return refill.isAll(of: UnsafeRawBufferPointer(piece))
    }
    return source.fill?.isAll(of: UnsafeRawBufferPointer(piece)) ?? false
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
