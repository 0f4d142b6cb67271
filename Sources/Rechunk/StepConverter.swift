import CF
import ZarrWriter

/// Turns a granule's numbers into those of the store: copies, unpacks or repacks them, each step by
/// its own packing. One per worker.
final class StepConverter {
  private enum Way {
    case copy
    /// All 256 values of each step; `nil` for a step whose granule doesn't have the variable.
    case table([[Float]])
    case unpack([Packing?])
    case repack([Packing?])
  }

  private let way: Way
  private var repacker: Repacker?

  /// Whether values are computed, not only copied.
  var computes: Bool { if case .copy = way { false } else { true } }

  /// The largest error that repacking made so far.
  var largestError: Double { repacker?.largestError ?? 0 }

  /// - Parameter sources: For each step of the store, how its granule packs.
  init(plan: ArrayPlan, sources: [StepSource?]) {
    let packings = sources.map { $0?.packing }
    switch plan.variable.treatment {
    case .keep, .refill: way = .copy
    case .unpack where plan.hold.elementByteCount == 1:
      way = .table(packings.map { $0?.table ?? [] })
    case .unpack: way = .unpack(packings)
    case .repack(let repacking):
      way = .repack(packings)
      repacker = Repacker(repacking, variable: plan.spec.path)
    }
  }

  /// Converts numbers of one step.
  ///
  /// - Parameters:
  ///   - numbers: The granule's.
  ///   - output: Room for as many of the store's.
  func convert(
    _ numbers: UnsafeRawBufferPointer, step: Int, into output: UnsafeMutableRawBufferPointer
  ) throws {
    switch way {
    case .copy: output.copyMemory(from: numbers)
    case .table(let tables):
      let values = output.bindMemory(to: Float.self)
      tables[step].withUnsafeBufferPointer { table in
        guard table.count == 256 else { return }
        for index in values.indices { values[index] = table[Int(numbers[index])] }
      }
    case .unpack(let packings): packings[step]?.unpack(numbers, into: output)
    case .repack(let packings):
      guard let packing = packings[step] else { return }
      try repacker?.repack(numbers, packing, into: output)
    }
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
