public import CF
public import Zarr
public import ZarrWriter

/// All that a conversion will do, decided before the first byte is read or written.
public struct ConversionPlan: Sendable {
  public let years: [YearPlan]
  /// The variables that are left out, with the reason.
  public let leftOut: [(name: String, reason: String)]
  public let memory: MemoryPlan
  public let chunkAlternatives: [ChunkAlternative]

  /// The number type of numbers that pass through the engine, in bytes.
  public var decodedByteCount: Int { years.map(\.decodedByteCount).reduce(0, +) }

  /// The most that a run holds: its workers, and the fullest columns, as far as the budget lets it.
  public var peakMemoryByteCount: Int {
    let columns = memory.overlaps ? 2 : 1
    let arrays = years.flatMap(\.arrays)
    let plain = arrays.map { min($0.memory.plainColumn, memory.arenaByteCount) }.max() ?? 0
    return memory.workersByteCount + columns * plain
  }
}

/// One store: a year of the stack.
public struct YearPlan: Sendable {
  public let year: Int
  public let steps: [StackStep]
  public let arrays: [ArrayPlan]
  /// Arrays without time, and the time coordinate: written whole.
  public let wholeArrays: [WholeArray]
  public let attributes: [Attribute]
  public let format: ZarrFormat

  public var decodedByteCount: Int { arrays.map(\.decodedByteCount).reduce(0, +) }

  /// Where the values of a variable without time come from. All granules have the same; one of the
  /// year's own, where there is one, so that other years don't matter.
  func memberToCopy(_ variable: StackVariable) -> Int {
    steps.map(\.member).first(where: variable.presentIn.contains) ?? variable.presentIn[0]
  }
}

/// One variable of one store, and how it is rechunked.
public struct ArrayPlan: Sendable {
  public let spec: ArraySpec
  public let variable: TreatedVariable
  let layout: ArrayLayout
  let hold: HoldCodec
  public let memory: MemoryNeed
  /// Bytes of the source's decoded numbers.
  public let decodedByteCount: Int
  /// How many objects it becomes at most; those without data aren't written.
  public let objectCount: Int

  /// How many bands a worker encodes before it hands them in: as many as are a mebibyte.
  var bandsTogether: Int { max(1, Self.batchByteCount / max(1, bandByteCount)) }

  static let batchByteCount = 1 << 20

  private var bandByteCount: Int { layout.chunksPerBand * spec.chunkByteCount }
}

/// An array that is read and written at once.
public struct WholeArray: Sendable {
  enum Content: Sendable {
    /// The values of a variable in the first granule that has it.
    case copied(StackVariable)
    case time([UInt8])
  }

  public let spec: ArraySpec
  let content: Content
}

/// A chunk shape that could be chosen, and what a drill through one year would cost.
public struct ChunkAlternative: Hashable, Sendable {
  public let variable: String
  /// Extents in space.
  public let chunk: [Int]
  /// Decoded bytes of one chunk.
  public let chunkByteCount: Int
  /// Chunks in one year of one variable.
  public let chunkCount: Int
}
