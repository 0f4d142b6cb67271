import CF
import Testing

@testable import Sample

struct SampleStackTests {
  static func stack(
    days: Int = 30, rows: Int = 90, columns: Int = 120, seed: UInt64 = 1,
    variables: [L3SVariable] = L3SVariable.allCases, chunk: (Int, Int)? = nil
  ) throws -> SampleStack {
    try SampleStack(
      start: TimeInstant(calendar: .standard, year: 2020, month: 1, day: 1), days: days,
      rows: rows, columns: columns, seed: seed, variables: variables,
      chunk: chunk.map { (rows: $0.0, columns: $0.1) })
  }

  @Test func `granules are named as the archive names them`() throws {
    #expect(
      try Self.stack().granules[0].name
        == "20200101152000-ABOM-L3S_GHRSST-SSTskin-AVHRR_D-1d_night.nc")
  }

  @Test func `the time is that of the archive's file of the day`() throws {
    // The header of the real night file of 2025-01-01 holds 1388589600.
    let stack = try SampleStack(
      start: TimeInstant(calendar: .standard, year: 2025, month: 1, day: 1), days: 1, rows: 4,
      columns: 4, seed: 1)
    #expect(stack.granules[0].secondsSince1981 == 1_388_589_600)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `some days are missing but never the first or the last`(seed: UInt64) throws {
    let stack = try Self.stack(seed: seed)
    #expect(stack.granules.first?.day == 0)
    #expect(stack.granules.last?.day == 29)
    #expect((1...8).contains(stack.missingDayCount))
  }

  @Test func `days count across a leap day and the end of a year`() throws {
    let stack = try Self.stack(days: 400)
    #expect(stack.granules.last?.time.dateText == "2021-02-03")
    let gaps = stack.granules.count
    #expect((370...398).contains(gaps))
  }

  @Test func `the chunk layout changes once, half-way`() throws {
    let granules = try Self.stack(rows: 4500, columns: 6000).granules
    let wide = granules.map { $0.chunkShape(of: .seaSurfaceTemperature) }
    let bytes = granules.map { $0.chunkShape(of: .qualityLevel) }
    #expect(wide.first == [1500, 2000] && bytes.first == [2250, 3000])
    #expect(wide.last == [2250, 3000] && bytes.last == [1500, 2000])
    #expect(zip(wide, wide.dropFirst()).count(where: { $0 != $1 }) == 1)
    #expect(zip(bytes, bytes.dropFirst()).count(where: { $0 != $1 }) == 1)
  }

  @Test func `a chunk shape that is asked for holds for all`() throws {
    let granules = try Self.stack(rows: 4500, columns: 6000, chunk: (75, 100)).granules
    for granule in granules {
      #expect(granule.variables.allSatisfy { granule.chunkShape(of: $0) == [75, 100] })
    }
  }

  @Test func `some variables are in a part of the files`() throws {
    let granules = try Self.stack().granules
    #expect(granules[0].variables.contains(.seaIceFraction))
    #expect(!granules[granules.count - 1].variables.contains(.seaIceFraction))
    #expect(!granules[0].variables.contains(.sstMean))
    #expect(granules[granules.count - 1].variables.contains(.sstMean))
    #expect(granules.allSatisfy { $0.variables.contains(.seaSurfaceTemperature) })
  }

  @Test func `some files have attributes of variable length, the first has not`() throws {
    let granules = try Self.stack().granules
    #expect(!granules[0].hasStringAttributes)
    #expect(granules[1].hasStringAttributes)
  }

  @Test func `a single day is a stack of one granule with all variables`() throws {
    let stack = try Self.stack(days: 1)
    #expect(stack.granules.map(\.variables) == [L3SVariable.allCases])
  }

  @Test func `a stack of nothing is refused`() {
    #expect(throws: SampleError.emptyStack(days: 0, rows: 4, columns: 4)) {
      try Self.stack(days: 0, rows: 4, columns: 4)
    }
    #expect(throws: SampleError.noVariables) { try Self.stack(variables: []) }
    #expect(throws: SampleError.chunkOutsideGrid(chunk: [100, 5], grid: [90, 120])) {
      try Self.stack(chunk: (100, 5))
    }
  }

  @Test func `a stack of too many days is refused at once`() {
    #expect(throws: SampleError.self) { try Self.stack(days: .max) }
  }

  @Test(arguments: [(1980, 12, 31), (2049, 1, 1)])
  func `days whose seconds don't fit int32 are refused`(date: (Int, Int, Int)) {
    #expect(throws: SampleError.self) {
      try SampleStack(
        start: TimeInstant(calendar: .standard, year: date.0, month: date.1, day: date.2),
        days: 30, rows: 4, columns: 4, seed: 1)
    }
  }

  @Test func `a full-size grid is the archive's`() {
    let grid = SampleGrid(rowCount: 4500, columnCount: 6000)
    for row in 0..<4500 { #expect(abs(grid.latitudes[row] - (19.99 - 0.02 * Double(row))) < 1e-9) }
    for column in stride(from: 0, to: 6000, by: 7) {
      #expect(abs(grid.longitudes[column] - (70.01 + 0.02 * Double(column))) < 1e-9)
    }
  }

  @Test(arguments: [(1, 1), (2, 3), (300, 400)])
  func `a smaller grid spans the same region`(shape: (Int, Int)) {
    let grid = SampleGrid(rowCount: shape.0, columnCount: shape.1)
    #expect(grid.latitudes.count == shape.0 && grid.longitudes.count == shape.1)
    #expect(grid.latitudes[0] == 19.99 && grid.longitudes[0] == 70.01)
    if shape.0 > 1 {
      #expect(abs(grid.latitudes[shape.0 - 1] + 69.99) < 1e-9)
      #expect(abs(grid.longitudes[shape.1 - 1] - 189.99) < 1e-9)
    }
  }
}
