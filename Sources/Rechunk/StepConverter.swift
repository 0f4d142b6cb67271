import CF
import ZarrWriter

/// Turns a granule's numbers into those of the store: copies, unpacks or repacks them, each step by
/// its own packing. One per worker.
package final class StepConverter {
  private enum Way {
    case copy
    /// All 256 values of each step; `nil` for a step whose granule doesn't have the variable.
    case table([[Float]])
    case unpack([Packing?])
    case repack([Packing?])
  }

  private let way: Way
  private let elementByteCount: Int
  private let typeByteCount: Int
  private var repacker: Repacker?

  /// The largest error that repacking made so far.
  var largestError: Double { repacker?.largestError ?? 0 }

  /// - Parameter sources: For each step of the store, how its granule packs.
  package init(plan: ArrayPlan, sources: [StepSource?]) {
    elementByteCount = plan.hold.elementByteCount
    typeByteCount = plan.variable.type.byteCount
    let packings = sources.map { $0?.packing }
    switch plan.variable.treatment {
    case .keep, .refill: way = .copy
    case .unpack where elementByteCount == 1: way = .table(packings.map { $0?.table ?? [] })
    case .unpack: way = .unpack(packings)
    case .repack(let repacking):
      way = .repack(packings)
      repacker = Repacker(repacking, variable: plan.spec.path)
    }
  }

  /// Converts a rectangle of one step.
  ///
  /// - Parameters:
  ///   - numbers: The granule's, from the rectangle's first on.
  ///   - output: The store's, from the rectangle's first on.
  ///   - stride: Elements from one row to the next.
  package func convert(
    _ numbers: UnsafeRawBufferPointer, step: Int, rows: Int, columns: Int, stride: Int,
    into output: UnsafeMutableRawBufferPointer, stride outputStride: Int
  ) throws {
    switch way {
    case .copy:
      guard let from = numbers.baseAddress, let to = output.baseAddress else { return }
      RowCopy.copy(
        from, stride: stride * elementByteCount, to, stride: outputStride * typeByteCount,
        rows: rows, byteCount: columns * elementByteCount)
    case .table(let tables):
      let values = output.bindMemory(to: Float.self)
      tables[step].withUnsafeBufferPointer { table in
        guard table.count == 256 else { return }
        for row in 0..<rows {
          let from = row * stride
          let to = row * outputStride
          for column in 0..<columns {
            values[to + column] = table[Int(numbers[from + column])]
          }
        }
      }
    case .unpack(let packings):
      guard let packing = packings[step] else { return }
      for row in 0..<rows {
        packing.unpack(
          part(numbers, row * stride, columns), into: part(output, row * outputStride, columns))
      }
    case .repack(let packings):
      guard let packing = packings[step] else { return }
      for row in 0..<rows {
        try repacker?.repack(
          part(numbers, row * stride, columns), packing,
          into: part(output, row * outputStride, columns))
      }
    }
  }

  private func part(
    _ numbers: UnsafeRawBufferPointer, _ start: Int, _ count: Int
  ) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      rebasing: numbers[start * elementByteCount..<(start + count) * elementByteCount])
  }

  private func part(
    _ values: UnsafeMutableRawBufferPointer, _ start: Int, _ count: Int
  ) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      rebasing: values[start * typeByteCount..<(start + count) * typeByteCount])
  }
}

extension Packing {
  /// The values of all numbers of an 8-bit type, by their bits.
  fileprivate var table: [Float] {
    let numbers = (0...255).map { UInt8($0) }
    return [Float](unsafeUninitializedCapacity: 256) { values, count in
      numbers.withUnsafeBytes { unpack($0, into: UnsafeMutableRawBufferPointer(values)) }
      count = 256
    }
  }
}
