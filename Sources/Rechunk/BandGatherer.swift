import CF
import NetCDF
import Storage
import ZarrWriter

/// Puts the pieces of a band together into chunks of all time steps, and encodes them. One per
/// worker.
final class BandGatherer {
  private let plan: ArrayPlan
  private let sources: [StepSource?]
  private let codec: HoldCodec
  private let encoder: ChunkEncoder
  private let outputFill: FillPattern
  /// All-fill chunks are left out, as absent ones read as fill; not where the format can't say so.
  private let omitsFill: Bool
  private let chunkByteCount: Int
  /// The chunks of a band, one after the other.
  private let output: UnsafeMutableRawBufferPointer
  private let heldBuffer: UnsafeMutableRawBufferPointer
  private let pieceBuffer: UnsafeMutableRawBufferPointer
  /// How many elements of each step of each chunk the pieces cover.
  private var covered: [Int32]
  private let converter: StepConverter
  private let clock: StageClock?

  /// The largest error that repacking made so far.
  var largestError: Double { converter.largestError }

  /// - Parameter sources: For each step of the store, how its granule packs; `nil` where the
  ///   granule doesn't have the variable.
  init(plan: ArrayPlan, sources: [StepSource?], clock: StageClock?) throws {
    self.clock = clock
    self.plan = plan
    self.sources = sources
    codec = plan.hold
    encoder = try ChunkEncoder(plan.spec)
    let layout = plan.layout
    outputFill = FillPattern(
      bits: plan.variable.fillBits, elementByteCount: plan.variable.type.byteCount)
    omitsFill = plan.spec.fillBits != nil
    let bandByteCount = layout.band.reduce(codec.elementByteCount, *)
    chunkByteCount = layout.chunk.reduce(sources.count * outputFill.elementByteCount, *)
    covered = Array(repeating: 0, count: sources.count * layout.chunksPerBand)
    func buffer(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
      .allocate(byteCount: byteCount, alignment: 64)
    }
    output = buffer(layout.chunksPerBand * chunkByteCount)
    heldBuffer = buffer(codec.capacity(bandByteCount))
    pieceBuffer = buffer(codec.isPlain ? 0 : bandByteCount)
    converter = StepConverter(plan: plan, sources: sources)
  }

  deinit { for buffer in [output, heldBuffer, pieceBuffer] { buffer.deallocate() } }

  /// The encoded chunks of a band, in order; `nil` for those that are all fill.
  ///
  /// - Parameters:
  ///   - band: The band's elements in space.
  ///   - bandIndex: Its position in the column.
  ///   - pieces: What all workers hold of the column.
  func chunks(
    of band: [Range<Int>], index bandIndex: Int, pieces: [HeldPieces], segments: PieceArena.Segments
  ) throws -> [[UInt8]?] {
    let last = band.count - 1
    let chunkWidth = plan.layout.chunk[last]
    let count = (band[last].count + chunkWidth - 1) / chunkWidth
    try clock.measure(.gather) {
      countCovered(bandIndex, pieces, chunkWidth: chunkWidth)
      for index in 0..<count { prepare(index, of: band) }
      for worker in pieces {
        try worker.forEach(band: bandIndex) { try place($0, segments: segments) }
      }
    }
    return try (0..<count).map { index in
      let chunk = UnsafeRawBufferPointer(rebasing: chunkBytes(index))
      let isEmpty = omitsFill && (!isCovered(index) || outputFill.isAll(of: chunk))
      return isEmpty ? nil : try clock.measure(.encode) { try encoder.encode(chunk) }
    }
  }

  private func chunkBytes(_ index: Int) -> Slice<UnsafeMutableRawBufferPointer> {
    output[index * chunkByteCount..<(index + 1) * chunkByteCount]
  }

  private func countCovered(_ band: Int, _ pieces: [HeldPieces], chunkWidth: Int) {
    for index in covered.indices { covered[index] = 0 }
    for worker in pieces {
      worker.forEach(band: band) { piece in
        for (chunk, columns) in piece.parts(width: chunkWidth) {
          covered[chunk * sources.count + Int(piece.step)] += piece.height * Int32(columns.count)
        }
      }
    }
  }

  private func isCovered(_ chunk: Int) -> Bool {
    covered[chunk * sources.count..<(chunk + 1) * sources.count].contains { $0 > 0 }
  }

  /// Writes the fill value to the steps of a chunk that pieces don't cover whole.
  private func prepare(_ chunk: Int, of band: [Range<Int>]) {
    guard isCovered(chunk) || !omitsFill else { return }
    let whole = Int32(plan.layout.chunk.suffix(2).reduce(1, *))
    let stepByteCount = chunkByteCount / sources.count
    let bytes = UnsafeMutableRawBufferPointer(rebasing: chunkBytes(chunk))
    var start = 0
    // Neighbouring steps are filled at once.
    for step in 0...sources.count {
      if step < sources.count, covered[chunk * sources.count + step] < whole { continue }
      if start < step {
        outputFill.fill(
          UnsafeMutableRawBufferPointer(
            rebasing: bytes[start * stepByteCount..<step * stepByteCount]))
      }
      start = step + 1
    }
  }

  /// Copies or unpacks a piece to where it belongs.
  private func place(_ piece: HeldPiece, segments: PieceArena.Segments) throws {
    let elementByteCount = codec.elementByteCount
    let typeByteCount = outputFill.elementByteCount
    let width = Int(piece.width)
    let bytes = try codec.bytes(
      try segments.bytes(of: piece.blob, buffer: heldBuffer),
      byteCount: Int(piece.height) * width * elementByteCount, buffer: pieceBuffer)
    let chunkWidth = plan.layout.chunk[plan.layout.chunk.count - 1]
    let stepByteCount = chunkByteCount / sources.count
    for (chunk, columns) in piece.parts(width: chunkWidth) {
      // Whole rows of a chunk lie one after the other, in the piece too if it is no wider.
      let isWhole = columns.count == chunkWidth && width == chunkWidth
      let rows = isWhole ? 1 : Int(piece.height)
      let count = isWhole ? chunkWidth * Int(piece.height) : columns.count
      let x = (Int(piece.x) + columns.lowerBound) % chunkWidth
      let start =
        chunk * chunkByteCount + Int(piece.step) * stepByteCount
        + (Int(piece.y) * chunkWidth + x) * typeByteCount
      try converter.convert(
        UnsafeRawBufferPointer(rebasing: bytes[(columns.lowerBound * elementByteCount)...]),
        step: Int(piece.step), rows: rows, columns: count, stride: width,
        into: UnsafeMutableRawBufferPointer(rebasing: output[start...]), stride: chunkWidth)
    }
  }
}

extension HeldPiece {
  /// The parts of a piece that lie in different chunks of its band: the chunk's position, and the
  /// piece's columns.
  fileprivate func parts(width: Int) -> some Sequence<(chunk: Int, columns: Range<Int>)> {
    let first = Int(x) / width
    let last = (Int(x) + Int(self.width) - 1) / width
    return (first...last).lazy.map { chunk in
      let start = Swift.max(0, chunk * width - Int(x))
      let end = Swift.min(Int(self.width), (chunk + 1) * width - Int(x))
      return (chunk, start..<end)
    }
  }
}
