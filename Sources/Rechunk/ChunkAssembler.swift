import CF
package import Storage
import ZarrWriter

/// Puts the pieces of a band together into chunks of all time steps. One per worker.
package final class ChunkAssembler {
  /// Of a chunk, in elements.
  private let height: Int
  private let width: Int
  private let stepCount: Int
  private let fill: FillPattern
  /// All-fill chunks are left out, as absent ones read as fill; not where the format can't say so.
  private let omitsFill: Bool
  private let converter: StepConverter
  private let clock: StageClock?
  /// Of one step of a chunk.
  private let stepByteCount: Int
  /// The chunks of a band, one after the other.
  private let output: UnsafeMutableRawBufferPointer
  /// A piece's values, where they are spread over chunks.
  private let values: UnsafeMutableRawBufferPointer
  /// For each step of each chunk: whether a piece has a part of it.
  private let begun: UnsafeMutableBufferPointer<Bool>
  private var convertedPieces = 0

  /// The largest error that repacking made so far.
  var largestError: Double { converter.largestError }

  /// - Parameters:
  ///   - sources: For each step of the store, how its granule packs; `nil` where the granule doesn't
  ///     have the variable.
  ///   - chunksPerBand: How many chunks lie beside each other in a band.
  package init(
    plan: ArrayPlan, sources: [StepSource?], chunksPerBand: Int, clock: StageClock? = nil
  ) {
    self.clock = clock
    let chunk = plan.layout.chunk
    height = chunk[chunk.count - 2]
    width = chunk[chunk.count - 1]
    stepCount = sources.count
    fill = FillPattern(
      bits: plan.variable.fillBits, elementByteCount: plan.variable.type.byteCount)
    omitsFill = plan.spec.fillBits != nil
    converter = StepConverter(plan: plan, sources: sources)
    stepByteCount = chunk.reduce(fill.elementByteCount, *)
    output = .allocate(byteCount: chunksPerBand * sources.count * stepByteCount, alignment: 64)
    values = .allocate(byteCount: chunksPerBand * stepByteCount, alignment: 64)
    begun = .allocate(capacity: chunksPerBand * sources.count)
    begun.initialize(repeating: false)
  }

  deinit {
    output.deallocate()
    values.deallocate()
    begun.deallocate()
  }

  /// Begins with the next band.
  package func begin() { begun.update(repeating: false) }

  /// Copies or unpacks a rectangle of one step to where it belongs.
  ///
  /// - Parameters:
  ///   - numbers: The granule's, in C order.
  ///   - rows: Where they lie in the band.
  ///   - columns: Where they lie in the band.
  /// - Throws: ``RepackError``.
  package func place(
    _ numbers: UnsafeRawBufferPointer, step: Int, rows: Range<Int>, columns: Range<Int>
  ) throws {
    let first = columns.lowerBound / width
    if columns == first * width..<(first + 1) * width, rows.count == height {
      begun[first * stepCount + step] = true
      return try convert(numbers, step, into: bytes(of: first, steps: step..<step + 1))
    }
    // Rows of a chunk are short: unpacking each by itself would take twice as long.
    let source: UnsafeRawBufferPointer
    if converter.computes {
      let count = rows.count * columns.count * fill.elementByteCount
      let room = UnsafeMutableRawBufferPointer(rebasing: values[..<count])
      try convert(numbers, step, into: room)
      source = UnsafeRawBufferPointer(room)
    } else {
      source = numbers
    }
    var start = columns.lowerBound
    for chunk in first...(columns.upperBound - 1) / width {
      let end = min((chunk + 1) * width, columns.upperBound)
      copy(source, step, chunk, rows: rows, columns: start..<end, of: columns)
      start = end
    }
  }

  /// Copies the part of a rectangle that lies in one chunk.
  private func copy(
    _ source: UnsafeRawBufferPointer, _ step: Int, _ chunk: Int, rows: Range<Int>,
    columns: Range<Int>, of all: Range<Int>
  ) {
    let byteCount = fill.elementByteCount
    let target = bytes(of: chunk, steps: step..<step + 1)
    let slot = chunk * stepCount + step
    if !begun[slot] {
      begun[slot] = true
      if columns.count < width || rows.count < height { fill.fill(target) }
    }
    guard let from = source.baseAddress, let to = target.baseAddress else { return }
    let x = columns.lowerBound - chunk * width
    RowCopy.copy(
      from + (columns.lowerBound - all.lowerBound) * byteCount, stride: all.count * byteCount,
      to + (rows.lowerBound * width + x) * byteCount, stride: width * byteCount, rows: rows.count,
      byteCount: columns.count * byteCount)
  }

  private func convert(
    _ numbers: UnsafeRawBufferPointer, _ step: Int, into target: UnsafeMutableRawBufferPointer
  ) throws {
    guard converter.computes else { return target.copyMemory(from: numbers) }
    try clock.sample(.unpack, byteCount: target.count, at: &convertedPieces) {
      try converter.convert(numbers, step: step, into: target)
    }
  }

  /// A chunk of the band, complete; `nil` if it is all fill and needn't be stored.
  package func chunk(_ index: Int) -> UnsafeRawBufferPointer? {
    let begun = begun[index * stepCount..<(index + 1) * stepCount]
    if omitsFill, !begun.contains(true) { return nil }
    var start = 0
    // Neighbouring steps are filled at once.
    for step in 0...stepCount {
      if step < stepCount, !begun[begun.startIndex + step] { continue }
      if start < step { fill.fill(bytes(of: index, steps: start..<step)) }
      start = step + 1
    }
    let chunk = UnsafeRawBufferPointer(bytes(of: index, steps: 0..<stepCount))
    return omitsFill && fill.isAll(of: chunk) ? nil : chunk
  }

  private func bytes(of chunk: Int, steps: Range<Int>) -> UnsafeMutableRawBufferPointer {
    let first = chunk * stepCount
    return UnsafeMutableRawBufferPointer(
      rebasing: output[
        (first + steps.lowerBound) * stepByteCount..<(first + steps.upperBound) * stepByteCount])
  }
}
