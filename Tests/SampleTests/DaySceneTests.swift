import Testing

@testable import Sample

struct DaySceneTests {
  static let grid = SampleGrid(rowCount: 90, columnCount: 120)
  static let land = grid.latitudes.map {
    Coastline.landColumns(latitude: $0, longitudes: grid.longitudes)
  }

  static let winterDay = scene(day: 200)
  static let firstDays = (0..<8).map { scene(day: $0) }

  static func scene(day: Int, seed: UInt64 = 1) -> DayScene {
    DayScene(grid: grid, land: land, day: day, yearPart: Double(day) / 365, seed: seed)
  }

  static func mask(_ scene: DayScene) -> [Bool] {
    var mask = [Bool](repeating: false, count: grid.rowCount * grid.columnCount)
    for row in 0..<grid.rowCount {
      for run in scene.runs.row(row) {
        for column in run.start..<run.end { mask[row * grid.columnCount + column] = true }
      }
    }
    return mask
  }

  @Test(arguments: 0..<8)
  func `clouds and gaps hide 70 to 85 percent of the sea`(day: Int) {
    let landCount = Self.land.joined().reduce(0) { $0 + $1.count }
    let sea = Double(Self.grid.rowCount * Self.grid.columnCount - landCount)
    let missing = 1 - Double(Self.firstDays[day].runs.valueCount) / sea
    #expect((0.70...0.86).contains(missing))
  }

  @Test func `land never has data`() {
    for scene in Self.firstDays {
      for row in 0..<Self.grid.rowCount {
        for run in scene.runs.row(row) {
          #expect(!Self.land[row].contains { $0.overlaps(run.start..<run.end) })
        }
      }
    }
  }

  @Test func `clouds move from day to day`() {
    let masks = Self.firstDays.map(Self.mask)
    for (today, tomorrow) in zip(masks, masks.dropFirst()) { #expect(today != tomorrow) }
    let everSeen = masks.indices.reduce(into: [Bool](repeating: false, count: masks[0].count)) {
      seen, day in
      for pixel in seen.indices where masks[day][pixel] { seen[pixel] = true }
    }
    let landCount = Self.land.joined().reduce(0) { $0 + $1.count }
    let part = Double(everSeen.count(where: { $0 })) / Double(everSeen.count - landCount)
    #expect(part > 0.6, "most of the sea is seen within eight days")
  }

  @Test func `clouds are contiguous`() {
    let mask = Self.mask(Self.firstDays[3])
    var equalNeighbours = 0
    for pixel in 1..<mask.count where mask[pixel] == mask[pixel - 1] { equalNeighbours += 1 }
    #expect(Double(equalNeighbours) / Double(mask.count) > 0.9)
  }

  @Test func `the same day and seed make the same scene, another seed another`() {
    let values = Self.firstDays[5].values(of: .seaSurfaceTemperature)
    #expect(values == Self.scene(day: 5).values(of: .seaSurfaceTemperature))
    #expect(values != Self.scene(day: 5, seed: 2).values(of: .seaSurfaceTemperature))
  }

  @Test(arguments: [
    (L3SVariable.seaSurfaceTemperature, 260.0...325.0), (.sstDtime, -15000...35000),
    (.dtAnalysis, -14...18), (.windSpeed, 0...35), (.windSpeedDtimeFromSst, -3...3),
    (.seaIceFraction, 0...1), (.seaIceFractionDtimeFromSst, 10...40),
    (.satelliteZenithAngle, 0...69.4), (.qualityLevel, 2...5), (.ssesBias, -1.3...0.3),
    (.ssesStandardDeviation, 0.1...1.2), (.ssesCount, 1...10.7), (.sstCount, 1...2),
    (.sstMean, 260...325), (.sstStandardDeviation, 0...8), (.l2pFlags, 8192...16383),
  ])
  func `values lie where those of the archive lie`(
    variable: L3SVariable, range: ClosedRange<Double>
  ) {
    let scene = Self.winterDay
    let values = scene.values(of: variable)
    #expect(values.count == scene.runs.valueCount)
    #expect(values.allSatisfy { $0.isNaN || range.contains($0) })
    #expect(values.contains { !$0.isNaN })
  }

  @Test func `summer is warmer than winter on both sides of the equator`() {
    for (latitude, february, august) in [(-35.0, 0.14, 0.63), (18.0, 0.63, 0.14)] {
      #expect(
        Climatology.temperature(latitude: latitude, yearPart: february)
          > Climatology.temperature(latitude: latitude, yearPart: august) + 1)
    }
  }

  @Test(arguments: [(1, 1), (1, 9), (9, 1), (3, 5)])
  func `a grid of a few pixels works`(shape: (Int, Int)) {
    let grid = SampleGrid(rowCount: shape.0, columnCount: shape.1)
    let land = grid.latitudes.map {
      Coastline.landColumns(latitude: $0, longitudes: grid.longitudes)
    }
    let scene = DayScene(grid: grid, land: land, day: 3, yearPart: 0.3, seed: 9)
    #expect(scene.runs.rowStarts.count == shape.0 + 1)
    #expect(scene.temperature.count == scene.runs.valueCount)
  }

  @Test func `the pixel off Perth is sea and Alice Springs is land`() {
    let columns = (0..<1200).map { 70.01 + Double($0) * 0.1 }
    let perth = Coastline.landColumns(latitude: -32.45, longitudes: columns)
    #expect(!perth.contains { $0.contains(455) })
    let alice = Coastline.landColumns(latitude: -23.7, longitudes: columns)
    #expect(alice.contains { $0.contains(639) })
  }
}
