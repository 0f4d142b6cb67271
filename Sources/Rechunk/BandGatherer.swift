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
  /// For each step of each chunk: whether a piece has a part of it.
  private let begun: UnsafeMutableBufferPointer<Bool>
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
    begun = .allocate(capacity: sources.count * layout.chunksPerBand)
    begun.initialize(repeating: false)
    func buffer(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
      .allocate(byteCount: byteCount, alignment: 64)
    }
    output = buffer(layout.chunksPerBand * chunkByteCount)
    heldBuffer = buffer(codec.capacity(bandByteCount))
    pieceBuffer = buffer(codec.isPlain ? 0 : bandByteCount)
    converter = StepConverter(plan: plan, sources: sources)
  }

  deinit {
    for buffer in [output, heldBuffer, pieceBuffer] { buffer.deallocate() }
    begun.deallocate()
  }

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
      begun.update(repeating: false)
      for worker in pieces {
        try worker.forEach(band: bandIndex, ahead: { segments.prefetch($0.blob) }) {
          try place($0, segments: segments)
        }
      }
      for index in 0..<count { fillRest(index) }
    }
    return try (0..<count).map { index in
      let chunk = UnsafeRawBufferPointer(rebasing: chunkBytes(index))
      let isEmpty = omitsFill && (!hasPieces(index) || outputFill.isAll(of: chunk))
      return isEmpty ? nil : try clock.measure(.encode) { try encoder.encode(chunk) }
    }
  }

  private func chunkBytes(_ index: Int) -> Slice<UnsafeMutableRawBufferPointer> {
    output[index * chunkByteCount..<(index + 1) * chunkByteCount]
  }

  private func hasPieces(_ chunk: Int) -> Bool {
    begun[chunk * sources.count..<(chunk + 1) * sources.count].contains(true)
  }

  /// Writes the fill value to the steps of a chunk that no piece has a part of.
  private func fillRest(_ chunk: Int) {
    guard hasPieces(chunk) || !omitsFill else { return }
    var start = 0
    // Neighbouring steps are filled at once.
    for step in 0...sources.count {
      if step < sources.count, !begun[chunk * sources.count + step] { continue }
      if start < step { fill(chunk, steps: start..<step) }
      start = step + 1
    }
  }

  private func fill(_ chunk: Int, steps: Range<Int>) {
    let stepByteCount = chunkByteCount / sources.count
    let start = chunk * chunkByteCount
    outputFill.fill(
      UnsafeMutableRawBufferPointer(
        rebasing: output[
          start + steps.lowerBound * stepByteCount..<start + steps.upperBound * stepByteCount]))
  }

  /// Copies or unpacks a piece to where it belongs.
  private func place(_ piece: HeldPiece, segments: PieceArena.Segments) throws {
    let elementByteCount = codec.elementByteCount
    let typeByteCount = outputFill.elementByteCount
    let width = Int(piece.width)
    let bytes = try codec.bytes(
      try segments.bytes(of: piece.blob, buffer: heldBuffer),
      byteCount: Int(piece.height) * width * elementByteCount, buffer: pieceBuffer)
    let rank = plan.layout.chunk.count
    let chunkHeight = plan.layout.chunk[rank - 2]
    let chunkWidth = plan.layout.chunk[rank - 1]
    let stepByteCount = chunkByteCount / sources.count
    try piece.forEachPart(width: chunkWidth) { chunk, columns in
      let step = Int(piece.step)
      let slot = chunk * sources.count + step
      let coversAll = columns.count == chunkWidth && Int(piece.height) == chunkHeight
      if !coversAll, !begun[slot] { fill(chunk, steps: step..<step + 1) }
      begun[slot] = true
      // Whole rows of a chunk lie one after the other, in the piece too if it is no wider.
      let isWhole = columns.count == chunkWidth && width == chunkWidth
      let rows = isWhole ? 1 : Int(piece.height)
      let count = isWhole ? chunkWidth * Int(piece.height) : columns.count
      let x = Int(piece.x) + columns.lowerBound - chunk * chunkWidth
      let start =
        chunk * chunkByteCount + step * stepByteCount
        + (Int(piece.y) * chunkWidth + x) * typeByteCount
      try converter.convert(
        UnsafeRawBufferPointer(rebasing: bytes[(columns.lowerBound * elementByteCount)...]),
        step: step, rows: rows, columns: count, stride: width,
        into: UnsafeMutableRawBufferPointer(rebasing: output[start...]), stride: chunkWidth)
    }
  }
}

extension HeldPiece {
  /// Calls `body` with the parts of a piece that lie in different chunks of its band: the chunk's
  /// position, and the piece's columns.
  @inline(__always)
  fileprivate func forEachPart(
    width chunkWidth: Int, _ body: (_ chunk: Int, _ columns: Range<Int>) throws -> Void
  ) rethrows {
    let first = Int(x)
    let end = first + Int(width)
    // Bands are mostly one chunk wide: then there is nothing to divide.
    var chunk = first < chunkWidth ? 0 : first / chunkWidth
    var start = first
    while start < end {
      let next = min((chunk + 1) * chunkWidth, end)
      try body(chunk, start - first..<next - first)
      start = next
      chunk += 1
    }
  }
}
