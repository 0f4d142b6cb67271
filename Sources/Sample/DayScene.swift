/// What the satellites saw in one night: the fields that all variables of a granule derive from,
/// each with one value for every pixel of ``runs``, in that order.
struct DayScene: Sendable {
  let grid: SampleGrid
  let runs: DataRuns
  /// Kelvin.
  var temperature: [Float]
  /// Kelvin, against an analysis that knows neither noise nor clouds.
  var difference: [Float]
  /// Degrees.
  var zenithAngle: [Float]
  /// Scan lines (1/6 s) after the granule's reference time.
  var scanLine: [Int32]
  /// 2...5.
  var quality: [UInt8]
  /// Metres a second.
  var windSpeed: [Float]
  /// 0...1; NaN outside the ice zone.
  var iceFraction: [Float]

  /// - Parameters:
  ///   - day: Days since the start of the stack; moves clouds, eddies and passes.
  ///   - yearPart: 0..<1 within the calendar year; sets the season.
  ///   - land: Columns of land in each row.
  init(grid: SampleGrid, land: [[Range<Int>]], day: Int, yearPart: Double, seed: UInt64) {
    let hash = SeededHash(seed: seed)
    let geometry = SwathGeometry(day: day, hash: hash.derived(1))
    let latitudes = grid.latitudes
    let step = grid.steps.longitude
    let swaths = latitudes.map {
      geometry.row(latitude: $0, firstLongitude: grid.longitudes[0], longitudeStep: step)
    }
    let cover = CloudCover(
      grid: grid, day: day, hash: hash.derived(2), swaths: swaths, land: land)
    self.grid = grid
    runs = cover.dataRuns()
    let count = runs.valueCount
    temperature = [Float](repeating: 0, count: count)
    difference = temperature
    zenithAngle = temperature
    scanLine = [Int32](repeating: 0, count: count)
    quality = [UInt8](repeating: 0, count: count)
    windSpeed = temperature
    iceFraction = temperature
    observe(hash: hash, swaths: swaths, day: day)
    addWeather(
      hash: hash, latitudes: latitudes.map { Float($0) }, day: day,
      iceEdge: Climatology.iceEdge(yearPart: yearPart),
      climatology: latitudes.map {
        Climatology.temperature(latitude: $0, yearPart: yearPart)
      })
  }

  /// Geometry, quality, noise and what thin cloud takes away: all that depends on the pixel only.
  private mutating func observe(hash: SeededHash, swaths: [SwathGeometry.Row], day: Int) {
    let pixelHash = hash.derived(3).derived(UInt64(day))
    for row in 0..<grid.rowCount {
      let swath = swaths[row]
      let rowHash = pixelHash.derived(UInt64(row))
      for run in runs.row(row) {
        var index = run.offset
        for column in run.start..<run.end {
          let (number, distance) = swath.pass(column: column)
          let offset = swath.offset(distance)
          let zenith = SwathGeometry.largestZenithAngle * offset * (1.15 - 0.15 * offset)
          zenithAngle[index] = zenith
          scanLine[index] = swath.scanLine(pass: number, distance: distance)

          let cloudDistance = min(column - run.start, run.end - 1 - column)
          let steps: UInt8 = cloudDistance >= 6 ? 5 : cloudDistance >= 3 ? 4 : 3
          quality[index] = zenith > 55 ? steps - 1 : steps

          let bits = rowHash.bits(UInt64(column))
          let first = Float(bits & 0xFF_FFFF) * 0x1p-24
          let second = Float((bits >> 24) & 0xFF_FFFF) * 0x1p-24
          var error = (first + second - 1) * 0.4
          if cloudDistance < 4 { error -= Float(4 - cloudDistance) * 0.25 * second }
          // Undetected cloud and a few hot pixels, which stretch a day's range.
          switch bits >> 48 {
          case 0, 1: error -= 3 + 8 * first
          case 2: error += 4 + 11 * second
          default: break
          }
          difference[index] = error
          index += 1
        }
      }
    }
  }

  /// Temperature, wind and ice: the smooth fields.
  private mutating func addWeather(
    hash: SeededHash, latitudes: [Float], day: Int, iceEdge: Float, climatology: [Float]
  ) {
    let eddies = [
      noise(hash.derived(10), degrees: 9, days: 25, amplitude: 5),
      noise(hash.derived(11), degrees: 2.6, days: 14, amplitude: 4),
      noise(hash.derived(12), degrees: 0.8, days: 7, amplitude: 1.6),
    ]
    let drafts = [
      noise(hash.derived(13), degrees: 16, days: 2, amplitude: 13),
      noise(hash.derived(14), degrees: 4, days: 1, amplitude: 7),
    ]
    let floes = [noise(hash.derived(15), degrees: 2, days: 5, amplitude: 2.5)]
    let line = UnsafeMutableBufferPointer<Float>.allocate(capacity: grid.columnCount)
    defer { line.deallocate() }
    for row in 0..<grid.rowCount where !runs.row(row).isEmpty {
      fill(line, row: row, day: day, with: eddies)
      eachValue(ofRow: row) { [normal = climatology[row]] scene, index, column in
        let eddy = line[column]
        let error = scene.difference[index]
        // The sea freezes at 271.35 K.
        scene.temperature[index] = max(normal + eddy + error, 271.35 + error * 0.2)
        scene.difference[index] = error + eddy * 0.3
      }
      fill(line, row: row, day: day, with: drafts)
      eachValue(ofRow: row) { scene, index, column in
        let speed = 7.5 + line[column]
        scene.windSpeed[index] = speed < 0 ? -speed * 0.5 : speed
      }
      let poleward = iceEdge - latitudes[row]
      if poleward > -3 { fill(line, row: row, day: day, with: floes) }
      eachValue(ofRow: row) { scene, index, column in
        let fraction = poleward > -3 ? poleward * 0.25 + line[column] : -1
        scene.iceFraction[index] = fraction > 0 ? min(fraction, 1) : .nan
      }
    }
  }

  private mutating func eachValue(
    ofRow row: Int, _ body: (inout DayScene, _ index: Int, _ column: Int) -> Void
  ) {
    for run in runs.row(row) {
      for column in run.start..<run.end { body(&self, run.offset + column - run.start, column) }
    }
  }

  private func fill(
    _ line: UnsafeMutableBufferPointer<Float>, row: Int, day: Int, with octaves: [ValueNoise]
  ) {
    line.update(repeating: 0)
    for octave in octaves { octave.add(row: row, day: day, to: line) }
  }

  private func noise(
    _ hash: SeededHash, degrees: Float, days: Float, amplitude: Float
  ) -> ValueNoise {
    ValueNoise(
      hash: hash, grid: grid, cellDegrees: degrees, cellDays: days, amplitude: amplitude)
  }
}
