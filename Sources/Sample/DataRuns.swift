/// The pixels that have data on one day, as runs of columns, row by row. Values of a field are kept
/// for these pixels only, in this order.
struct DataRuns: Sendable {
  struct Run: Hashable, Sendable {
    let start: Int
    let end: Int
    /// Index of the value at column `start`.
    let offset: Int
  }

  let runs: [Run]
  /// `rowStarts[row]..<rowStarts[row + 1]` are the indices of a row's runs.
  let rowStarts: [Int]
  let valueCount: Int

  func row(_ row: Int) -> ArraySlice<Run> { runs[rowStarts[row]..<rowStarts[row + 1]] }
}

/// What hides the sea on one day: clouds that drift and change, gaps between passes, and land.
struct CloudCover: Sendable {
  let grid: SampleGrid
  let day: Int
  let swaths: [SwathGeometry.Row]
  let land: [[Range<Int>]]
  /// Part of the sea without data, 0.72...0.84.
  let missingPart: Float
  private let octaves: [ValueNoise]

  init(
    grid: SampleGrid, day: Int, hash: SeededHash, swaths: [SwathGeometry.Row],
    land: [[Range<Int>]]
  ) {
    self.grid = grid
    self.day = day
    self.swaths = swaths
    self.land = land
    missingPart = 0.72 + 0.12 * hash.derived(UInt64(day)).unit(0)
    octaves = [
      (degrees: 14, days: 3, amplitude: 1), (degrees: 5, days: 2, amplitude: 0.8),
      (degrees: 1.8, days: 1, amplitude: 0.45), (degrees: 0.5, days: 1, amplitude: 0.25),
      (degrees: 0.11, days: 1, amplitude: 0.2),
    ].enumerated().map { index, octave in
      ValueNoise(
        hash: hash.derived(0x1000 + UInt64(index)), grid: grid, cellDegrees: octave.degrees,
        cellDays: octave.days, degreesPerDay: 5, amplitude: octave.amplitude)
    }
  }

  /// Runs of pixels below the cloud threshold that leaves ``missingPart`` of the sea hidden.
  func dataRuns() -> DataRuns {
    let limit = threshold()
    var runs: [DataRuns.Run] = []
    var rowStarts = [0]
    var count = 0
    let line = UnsafeMutableBufferPointer<Float>.allocate(capacity: grid.columnCount)
    defer { line.deallocate() }
    for row in 0..<grid.rowCount {
      cover(row: row, into: line)
      var column = 0
      while column < line.count {
        guard line[column] < limit else {
          column += 1
          continue
        }
        let start = column
        while column < line.count, line[column] < limit { column += 1 }
        runs.append(DataRuns.Run(start: start, end: column, offset: count))
        count += column - start
      }
      rowStarts.append(runs.count)
    }
    return DataRuns(runs: runs, rowStarts: rowStarts, valueCount: count)
  }

  /// One row of cover; infinite on land and between passes.
  private func cover(row: Int, into line: UnsafeMutableBufferPointer<Float>) {
    line.update(repeating: 0)
    for octave in octaves { octave.add(row: row, day: day, to: line) }
    let swath = swaths[row]
    for column in 0..<line.count where swath.offset(swath.pass(column: column).distance) > 1 {
      line[column] = .infinity
    }
    for range in land[row] {
      for column in range { line[column] = .infinity }
    }
  }

  /// The quantile of the cover over the sea, from at most about 40,000 pixels.
  private func threshold() -> Float {
    let line = UnsafeMutableBufferPointer<Float>.allocate(capacity: grid.columnCount)
    defer { line.deallocate() }
    var seen: [Float] = []
    var seaCount = 0
    let columnStep = max(1, grid.columnCount / 200)
    for row in stride(from: 0, to: grid.rowCount, by: max(1, grid.rowCount / 200)) {
      cover(row: row, into: line)
      let landRow = land[row]
      for column in stride(from: 0, to: line.count, by: columnStep) {
        guard !landRow.contains(where: { $0.contains(column) }) else { continue }
        seaCount += 1
        if line[column] < .infinity { seen.append(line[column]) }
      }
    }
    guard !seen.isEmpty else { return -.infinity }
    seen.sort()
    let wanted = Int(Float(seaCount) * (1 - missingPart))
    return wanted < seen.count ? seen[wanted] : seen[seen.count - 1].nextUp
  }
}

extension ValueNoise {
  /// A field whose lattice is given in degrees and turned into pixels of the grid.
  init(
    hash: SeededHash, grid: SampleGrid, cellDegrees: Float, cellDays: Float,
    degreesPerDay: Float = 0, amplitude: Float
  ) {
    let rowsPerDegree = Float(grid.rowCount) / 90
    let columnsPerDegree = Float(grid.columnCount) / 120
    self.init(
      hash: hash, cellRows: cellDegrees * rowsPerDegree,
      cellColumns: cellDegrees * columnsPerDegree, cellDays: cellDays,
      columnsPerDay: degreesPerDay * columnsPerDegree, amplitude: amplitude)
  }
}
