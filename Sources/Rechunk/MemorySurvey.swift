import CF
public import NetCDF

/// Estimates the memory that a conversion will take, by holding a sample of each array as the engine
/// does: how much of it is fill, and how well the rest is compressed, decides that.
///
/// What ``ConversionPlan/peakMemoryByteCount`` states is the most, whatever the data are.
public struct MemorySurvey: Sendable {
  private let stack: Stack
  private let parser: GranuleParser

  /// Tiles that are held of an array, each of another step, spread over time and space.
  private static let sampleCount = 64
  /// The program itself: libraries, threads, headers of granules. Measured.
  private static let programByteCount = 40 << 20

  public init(stack: Stack, parser: GranuleParser) {
    self.stack = stack
    self.parser = parser
  }

  /// - Returns: The most resident bytes that are to be expected. `benchmarks/conversion` tells how near
  ///   that came.
  /// - Throws: A `GranuleError`, but not for damaged data.
  public func expectedPeak(of plan: ConversionPlan) async throws -> Int {
    guard let year = plan.years.max(by: { $0.steps.count < $1.steps.count }) else { return 0 }
    let memory = plan.memory
    let columns = memory.overlaps ? 2 : 1
    // Segments are kept from column to column, so that each arena grows to its fullest one.
    var arenas = Array(repeating: 0, count: columns)
    var position = 0
    for array in year.arrays {
      let density = try await density(of: array, in: year, memory: memory)
      for column in array.layout.columns {
        let decoded = column.reduce(year.steps.count * array.hold.elementByteCount) {
          $0 * $1.count
        }
        // Each worker's last segment is filled by half.
        let begun = memory.threads * PieceArena.segmentByteCount / 2
        let held = min(Int(Double(decoded) * density) + begun, memory.arenaByteCount)
        arenas[position % columns] = max(arenas[position % columns], held)
        position += 1
      }
    }
    let working = year.arrays.map { $0.workingByteCount(memory, steps: year.steps.count) }
    let indexes = year.arrays.map(\.memory.indexes).max() ?? 0
    // Bytes on their way are seldom as many as may be, and never most of an array.
    let onTheirWay = min(
      (memory.threads * memory.fetchByteCount + columns * memory.writeByteCount) * 3 / 4,
      (year.arrays.map(\.decodedByteCount).max() ?? 0) / 2)
    return Self.programByteCount
      + min(
        plan.peakMemoryByteCount,
        (working.max() ?? 0) + columns * indexes + onTheirWay + arenas.reduce(0, +))
  }

  /// Held bytes for each decoded one.
  private func density(
    of array: ArrayPlan, in year: YearPlan, memory: MemoryPlan
  ) async throws -> Double {
    // Steps at the golden section of each other: spread evenly, and in step with no cycle of the data.
    let chosen = (0..<min(Self.sampleCount, year.steps.count)).map { number in
      Int(
        (Double(number) * 0.618_033_988_75).truncatingRemainder(dividingBy: 1)
          * Double(year.steps.count))
    }
    let samples = try await inOrder(Array(chosen.enumerated()), width: 4) { number, position in
      do {
        return try await hold(number, position, array, year, memory)
      } catch let error as GranuleError where error.isAboutTheGranule {
        // The conversion will come to this tile too, and name its granule.
        return (held: 0, decoded: 0)
      }
    }
    let decoded = samples.reduce(0) { $0 + $1.decoded }
    return decoded == 0 ? 0 : Double(samples.reduce(0) { $0 + $1.held }) / Double(decoded)
  }

  /// Holds one tile of a step.
  private func hold(
    _ number: Int, _ position: Int, _ array: ArrayPlan, _ year: YearPlan, _ memory: MemoryPlan
  ) async throws -> (held: Int, decoded: Int) {
    let step = year.steps[position]
    guard
      let source = try await VariableSource(
        array, stack.members[step.member], positions: [step.index: position], parser: parser)
    else { return (0, 0) }
    let tiles = source.tiles(in: array.layout.shape.map { 0..<$0 })
    guard !tiles.isEmpty else { return (0, 0) }
    // Neighbouring samples lie far apart.
    let origin = source.origin(of: tiles[number * 7 % tiles.count]).space
    let region = zip(zip(origin, source.tileShape), array.layout.shape).map {
      $0.0..<min($0.0 + $0.1, $1)
    }
    let decoded = region.reduce(array.hold.elementByteCount) { $0 * $1.count }
    let piece = array.hold.capacity(array.layout.band.reduce(array.hold.elementByteCount, *))
    // With so much room nothing is spilled.
    let arena = PieceArena(
      byteCount: 2 * decoded + 8 * piece, largestPiece: piece, workers: memory.threads,
      scratchFolder: "/nonexistent")
    let pieces = try await ColumnReader(
      plan: array, column: region, sources: [source], arena: arena, memory: memory,
      progress: ConversionProgress()
    ).read()
    return (pieces.reduce(0) { $0 + $1.byteCount }, decoded)
  }
}

extension ArrayPlan {
  /// What workers touch of what ``MemoryNeed`` allows them.
  fileprivate func workingByteCount(_ plan: MemoryPlan, steps: Int) -> Int {
    let band = layout.band.reduce(hold.elementByteCount, *)
    let chunk = layout.chunk.reduce(steps * variable.type.byteCount, *)
    // A tile is inflated before it is unshuffled.
    let reading = 2 * variable.source.largestTileByteCount + 2 * band
    // Encoded chunks are an eighth, by and large.
    let writing = (layout.chunksPerBand * 9 / 8 + 3) * chunk + 2 * band
    return plan.threads * (plan.overlaps ? reading + writing : max(reading, writing))
  }
}
