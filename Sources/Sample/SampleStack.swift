public import CF

/// The plan of a synthetic stack: which granules there are and what each one looks like.
///
/// The stack has the traps of the L3S archive: packing that follows each day's data, one change of
/// chunk layout half-way, missing days, variables in a part of the files only, and attributes that
/// are variable-length strings in some files. Everything follows from the arguments: the same
/// arguments make the same bytes.
public struct SampleStack: Hashable, Sendable {
  public let granules: [SampleGranule]
  /// Days between the first and the last granule, both counted.
  public let dayCount: Int
  public let seed: UInt64
  let grid: SampleGrid

  public var rowCount: Int { grid.rowCount }
  public var columnCount: Int { grid.columnCount }
  public var missingDayCount: Int { dayCount - granules.count }

  /// - Parameters:
  ///   - start: Any moment of the first day.
  ///   - chunk: Rows and columns of every chunk of every granule; `nil` for the archive's layouts,
  ///     scaled to the grid.
  public init(
    start: TimeInstant, days: Int, rows: Int, columns: Int, seed: UInt64,
    variables: [L3SVariable] = L3SVariable.allCases, chunk: (rows: Int, columns: Int)? = nil
  ) throws(SampleError) {
    guard days > 0, rows > 0, columns > 0 else {
      throw .emptyStack(days: days, rows: rows, columns: columns)
    }
    guard !variables.isEmpty else { throw .noVariables }
    if let chunk {
      guard (1...rows).contains(chunk.rows), (1...columns).contains(chunk.columns) else {
        throw .chunkOutsideGrid(chunk: [chunk.rows, chunk.columns], grid: [rows, columns])
      }
    }
    // Seconds in int32 last for 68 years, so a longer stack is refused for its last day alone.
    let times = (0..<min(days, 25_000)).map { Self.referenceTime(start: start, day: $0) }
    let seconds = times.map { TimeUnits.archive.wholeSeconds(to: $0) ?? -1 }
    guard seconds.allSatisfy({ (0...Int64(Int32.max)).contains($0) }) else {
      throw .daysOutOfRange(first: times[0].dateText, last: times[times.count - 1].dateText)
    }
    let hash = SeededHash(seed: seed)
    let present = Self.daysWithGranule(days: days, hash: hash.derived(20))
    let grid = SampleGrid(rowCount: rows, columnCount: columns)
    let layout: (Int) -> ChunkLayout = { index in
      if let chunk { return ChunkLayout(wide: [chunk.rows, chunk.columns]) }
      return index < (present.count + 1) / 2 ? .usual(grid) : .exchanged(grid)
    }
    self.grid = grid
    self.seed = seed
    dayCount = days
    granules = present.enumerated().map { index, day in
      SampleGranule(
        day: day, time: times[day], secondsSince1981: Int32(truncatingIfNeeded: seconds[day]),
        layout: layout(index),
        variables: variables.filter { $0.isPresent(granule: index, of: present.count) },
        hasStringAttributes: index == 1
          || (index > 1 && hash.derived(21).unit(UInt64(day)) < 0.3))
    }
  }

  /// 15:20 UTC, the reference hour of the night files.
  private static func referenceTime(start: TimeInstant, day: Int) -> TimeInstant {
    let date = start.date
    let clock: Int64 = (15 * 3600 + 20 * 60) * 1_000_000
    return TimeInstant(
      calendar: .standard, year: date.year, month: date.month, day: date.day,
      microsecondOfDay: clock + Int64(day) * 86_400_000_000)
  }

  /// About one day in 25 has no granule, at least one in a stack of 8 days or more; the first and
  /// the last day always have one.
  private static func daysWithGranule(days: Int, hash: SeededHash) -> [Int] {
    let inner = 1..<max(days - 1, 1)
    var present = (0..<days).filter { !inner.contains($0) || hash.unit(UInt64($0)) >= 0.04 }
    if present.count == days, days >= 8 {
      present.remove(at: 1 + Int(hash.bits(UInt64(days)) % UInt64(days - 2)))
    }
    return present
  }
}

extension L3SVariable {
  /// The ice variables are missing from the last third of a stack, and the experimental ones are
  /// found in the last quarter only.
  func isPresent(granule index: Int, of count: Int) -> Bool {
    switch self {
    case .seaIceFraction, .seaIceFractionDtimeFromSst: index < (2 * count + 2) / 3
    case .sstCount, .sstMean, .sstStandardDeviation: index >= 3 * count / 4
    default: true
    }
  }
}

/// One planned file.
public struct SampleGranule: Hashable, Sendable {
  /// Days since the start of the stack.
  public let day: Int
  public let time: TimeInstant
  let secondsSince1981: Int32
  let layout: ChunkLayout
  public let variables: [L3SVariable]
  /// Whether some attributes are variable-length strings.
  public let hasStringAttributes: Bool

  /// As the archive names its files.
  public var name: String {
    time.dateText.filter { $0 != "-" }
      + "152000-ABOM-L3S_GHRSST-SSTskin-AVHRR_D-1d_night.nc"
  }

  /// Rows and columns of a variable's chunks.
  public func chunkShape(of variable: L3SVariable) -> [Int] {
    variable.type == .int8 ? layout.bytes : layout.wide
  }
}

/// Rows and columns of the chunks in one granule.
struct ChunkLayout: Hashable, Sendable {
  /// Of int16 and int32 variables.
  let wide: [Int]
  /// Of int8 variables.
  let bytes: [Int]

  init(wide: [Int], bytes: [Int]? = nil) {
    self.wide = wide
    self.bytes = bytes ?? wide
  }

  /// The archive's: 1500 × 2000 and 2250 × 3000 of 4500 × 6000, so thirds and halves.
  static func usual(_ grid: SampleGrid) -> ChunkLayout {
    ChunkLayout(wide: parts(grid, 3), bytes: parts(grid, 2))
  }

  /// The second layout: both shapes change places. That the archive has one is known; its shape
  /// isn't.
  static func exchanged(_ grid: SampleGrid) -> ChunkLayout {
    ChunkLayout(wide: parts(grid, 2), bytes: parts(grid, 3))
  }

  private static func parts(_ grid: SampleGrid, _ count: Int) -> [Int] {
    [grid.rowCount, grid.columnCount].map { ($0 + count - 1) / count }
  }
}
