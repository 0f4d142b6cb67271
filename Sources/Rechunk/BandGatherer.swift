import CF
import NetCDF
import ZarrWriter

/// Puts the pieces of a band together into chunks of all time steps, and encodes them. One per
/// worker.
final class BandGatherer {
  private let plan: ArrayPlan
  private let sources: [StepSource?]
  private let encoder: ChunkEncoder
  private let storedByteCount: Int
  private let outputFill: FillPattern
  /// All-fill chunks are left out, as absent ones read as fill; not where the format can't say so.
  private let omitsFill: Bool
  private let slab: UnsafeMutableRawBufferPointer
  private let chunk: UnsafeMutableRawBufferPointer
  private let packed: UnsafeMutableRawBufferPointer
  private let blobBuffer: UnsafeMutableRawBufferPointer
  private let pieceBuffer: UnsafeMutableRawBufferPointer
  private var repacker: Repacker?

  /// The largest error that repacking made so far.
  var largestError: Double { repacker?.largestError ?? 0 }

  /// - Parameter sources: For each step of the store, how its granule packs; `nil` where the
  ///   granule doesn't have the variable.
  init(plan: ArrayPlan, sources: [StepSource?]) throws {
    self.plan = plan
    self.sources = sources
    encoder = try ChunkEncoder(plan.spec)
    let layout = plan.layout
    storedByteCount = plan.variable.source.type?.byteCount ?? 1
    let typeByteCount = plan.variable.type.byteCount
    outputFill = FillPattern(bits: plan.variable.fillBits, elementByteCount: typeByteCount)
    omitsFill = plan.spec.fillBits != nil
    let bandElements = layout.band.reduce(1, *)
    let chunkElements = layout.chunk.reduce(1, *)
    func buffer(_ byteCount: Int) -> UnsafeMutableRawBufferPointer {
      .allocate(byteCount: byteCount, alignment: 64)
    }
    slab = buffer(sources.count * bandElements * storedByteCount)
    chunk = buffer(sources.count * chunkElements * typeByteCount)
    packed = buffer(chunkElements * storedByteCount)
    blobBuffer = buffer(HoldCodec.capacity(bandElements * storedByteCount))
    pieceBuffer = buffer(bandElements * storedByteCount)
    if case .repack(let repacking) = plan.variable.treatment {
      repacker = Repacker(repacking, variable: plan.spec.path)
    }
  }

  deinit {
    for buffer in [slab, chunk, packed, blobBuffer, pieceBuffer] { buffer.deallocate() }
  }

  /// The encoded chunks of a band, in order; `nil` for those that are all fill.
  ///
  /// - Parameters:
  ///   - band: The band's elements in space.
  ///   - pieces: What is held of it, by all workers.
  func chunks(
    of band: [Range<Int>], pieces: [[HeldPiece]], segments: PieceArena.Segments
  ) throws -> [[UInt8]?] {
    let last = band.count - 1
    let height = band[last - 1].count
    let width = band[last].count
    let chunkWidth = plan.layout.chunk[last]
    let count = (width + chunkWidth - 1) / chunkWidth
    let covered = try fillSlab(height: height, width: width, pieces: pieces, segments: segments)
    guard covered.contains(where: { $0 > 0 }) || !omitsFill else {
      return Array(repeating: nil, count: count)
    }
    return try (0..<count).map { index in
      let columns = index * chunkWidth..<min((index + 1) * chunkWidth, width)
      try gather(height: height, width: width, columns: columns, covered: covered)
      let bytes = UnsafeRawBufferPointer(chunk)
      return omitsFill && outputFill.isAll(of: bytes) ? nil : try encoder.encode(bytes)
    }
  }

  /// Decompresses pieces into `[step, y, x]`; returns how many elements of each step they cover.
  private func fillSlab(
    height: Int, width: Int, pieces: [[HeldPiece]], segments: PieceArena.Segments
  ) throws -> [Int] {
    var covered = [Int](repeating: 0, count: sources.count)
    for piece in pieces.joined() { covered[Int(piece.step)] += Int(piece.height * piece.width) }
    let planeByteCount = height * width * storedByteCount
    for (step, count) in covered.enumerated() where count > 0 && count < height * width {
      fillPattern(of: step).fill(plane(step, planeByteCount))
    }
    let codec = HoldCodec(elementByteCount: storedByteCount)
    for piece in pieces.joined() {
      let blob = try segments.bytes(of: piece.blob, buffer: blobBuffer)
      let target = plane(Int(piece.step), planeByteCount)
      let rowByteCount = Int(piece.width) * storedByteCount
      let byteCount = Int(piece.height) * rowByteCount
      let start = (Int(piece.y) * width + Int(piece.x)) * storedByteCount
      if Int(piece.width) == width {
        try codec.decompress(
          blob, into: UnsafeMutableRawBufferPointer(rebasing: target[start..<start + byteCount]))
        continue
      }
      let scratch = UnsafeMutableRawBufferPointer(rebasing: pieceBuffer[..<byteCount])
      try codec.decompress(blob, into: scratch)
      guard let from = scratch.baseAddress, let to = target.baseAddress else { continue }
      for row in 0..<Int(piece.height) {
        (to + start + row * width * storedByteCount).copyMemory(
          from: from + row * rowByteCount, byteCount: rowByteCount)
      }
    }
    return covered
  }

  private func plane(_ step: Int, _ byteCount: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: slab[step * byteCount..<(step + 1) * byteCount])
  }

  /// What a step's numbers are where no piece says otherwise, before unpacking.
  private func fillPattern(of step: Int) -> FillPattern {
    switch plan.variable.treatment {
    case .keep, .refill: outputFill
    case .unpack, .repack:
      sources[step]?.fill ?? FillPattern(bits: 0, elementByteCount: storedByteCount)
    }
  }

  /// Fills ``chunk`` with all steps of some columns of the slab.
  private func gather(
    height: Int, width: Int, columns: Range<Int>, covered: [Int]
  ) throws {
    let last = plan.layout.chunk.count - 1
    let chunkWidth = plan.layout.chunk[last]
    let chunkHeight = plan.layout.chunk[last - 1]
    let isWhole = columns.count == chunkWidth && height == chunkHeight
    let outputByteCount = chunk.count / max(1, sources.count)
    let planeByteCount = height * width * storedByteCount
    for step in sources.indices {
      let output = UnsafeMutableRawBufferPointer(
        rebasing: chunk[step * outputByteCount..<(step + 1) * outputByteCount])
      guard covered[step] > 0, let source = sources[step] else {
        outputFill.fill(output)
        continue
      }
      let input = plane(step, planeByteCount)
      if !isWhole { outputFill.fill(output) }
      switch plan.variable.treatment {
      case .keep, .refill:
        copyRows(
          input, width: width, columns: columns, height: height, into: output,
          outputWidth: chunkWidth)
      case .unpack, .repack:
        copyRows(
          input, width: width, columns: columns, height: height, into: packed,
          outputWidth: columns.count)
        try unpack(
          source.packing, rows: height, columns: columns.count, into: output,
          outputWidth: chunkWidth)
      }
    }
  }

  private func copyRows(
    _ input: UnsafeMutableRawBufferPointer, width: Int, columns: Range<Int>, height: Int,
    into output: UnsafeMutableRawBufferPointer, outputWidth: Int
  ) {
    guard let from = input.baseAddress, let to = output.baseAddress else { return }
    let byteCount = columns.count * storedByteCount
    let first = from + columns.lowerBound * storedByteCount
    let stride = width * storedByteCount
    let outputStride = outputWidth * storedByteCount
    for row in 0..<height {
      (to + row * outputStride).copyMemory(from: first + row * stride, byteCount: byteCount)
    }
  }

  /// Unpacks ``packed`` at once where its rows are the output's, else row by row.
  private func unpack(
    _ packing: Packing, rows: Int, columns: Int, into output: UnsafeMutableRawBufferPointer,
    outputWidth: Int
  ) throws {
    let typeByteCount = plan.variable.type.byteCount
    let pieces =
      columns == outputWidth
      ? [0..<rows * columns]
      : (0..<rows).map {
        $0 * columns..<($0 + 1) * columns
      }
    for (row, piece) in pieces.enumerated() {
      let input = UnsafeRawBufferPointer(
        rebasing: packed[
          piece.lowerBound * storedByteCount..<piece.upperBound * storedByteCount])
      let start = row * outputWidth * typeByteCount
      let target = UnsafeMutableRawBufferPointer(
        rebasing: output[start..<start + piece.count * typeByteCount])
      if repacker != nil {
        try repacker?.repack(input, packing, into: target)
      } else {
        packing.unpack(input, into: target)
      }
    }
  }
}
