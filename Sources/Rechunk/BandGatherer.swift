import CF
import NetCDF
import Storage
import ZarrWriter

/// Gathers the pieces of a band into chunks of all time steps, and encodes them. One per worker.
final class BandGatherer {
  private let codec: HoldCodec
  private let chunkWidth: Int
  private let assembler: ChunkAssembler
  private let encoder: ChunkEncoder
  private let heldBuffer: UnsafeMutableRawBufferPointer
  private let pieceBuffer: UnsafeMutableRawBufferPointer
  private let clock: StageClock?

  /// The largest error that repacking made so far.
  var largestError: Double { assembler.largestError }

  /// - Parameter sources: For each step of the store, how its granule packs; `nil` where the
  ///   granule doesn't have the variable.
  init(plan: ArrayPlan, sources: [StepSource?], clock: StageClock?) throws {
    self.clock = clock
    codec = plan.hold
    chunkWidth = plan.layout.chunk[plan.layout.chunk.count - 1]
    assembler = ChunkAssembler(
      plan: plan, sources: sources, chunksPerBand: plan.layout.chunksPerBand, clock: clock)
    encoder = try ChunkEncoder(plan.spec)
    let bandByteCount = plan.layout.band.reduce(codec.elementByteCount, *)
    heldBuffer = .allocate(byteCount: codec.capacity(bandByteCount), alignment: 64)
    pieceBuffer = .allocate(byteCount: codec.isPlain ? 0 : bandByteCount, alignment: 64)
  }

  deinit {
    heldBuffer.deallocate()
    pieceBuffer.deallocate()
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
    let count = (band[band.count - 1].count + chunkWidth - 1) / chunkWidth
    let chunks = try clock.measure(.gather) {
      assembler.begin()
      for worker in pieces {
        try worker.forEach(band: bandIndex, ahead: { segments.prefetch($0.blob) }) {
          try place($0, segments: segments)
        }
      }
      return (0..<count).map(assembler.chunk)
    }
    return try chunks.map { chunk in
      try chunk.map { chunk in
        clock?.add(.gather, seconds: 0, byteCount: chunk.count)
        return try clock.measure(.encode, byteCount: chunk.count) { try encoder.encode(chunk) }
      }
    }
  }

  private func place(_ piece: HeldPiece, segments: PieceArena.Segments) throws {
    let rows = Int(piece.y)..<Int(piece.y + piece.height)
    let columns = Int(piece.x)..<Int(piece.x + piece.width)
    let numbers = try codec.bytes(
      try segments.bytes(of: piece.blob, buffer: heldBuffer),
      byteCount: rows.count * columns.count * codec.elementByteCount, buffer: pieceBuffer)
    try assembler.place(numbers, step: Int(piece.step), rows: rows, columns: columns)
  }
}
