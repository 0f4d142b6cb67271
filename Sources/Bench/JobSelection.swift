internal import CF
internal import Drill

/// Which pixels a job reads, decided once for all its routes.
struct JobSelection: Sendable {
  let request: DrillRequest
  let pixels: [Pixel]
  /// The box that the pixels fill; `nil` for single ones.
  let box: (rows: Range<Int>, columns: Range<Int>)?
  /// For people.
  let places: [String]
  let steps: [String]

  /// Draws pixels that have values.
  ///
  /// - Parameter archive: Of the job's stack; holds all of its steps.
  init(_ job: BenchConfig.Job, _ stack: BenchStack, archive: Archive) async throws {
    let grid = archive.grid
    let window = TimeWindow(
      from: nil, until: try job.days.map { try DateText(stack.lastDay(days: $0)) })
    let size = job.box ?? 1
    let wanted = job.points ?? 1
    let (rows, columns) = (grid.latitude.count, grid.longitude.count)
    guard size <= rows, size <= columns else {
      throw BenchError.config("“\(job.name)” has a box of \(size) in \(rows) × \(columns) pixels")
    }
    // SplitMix64: the same pixels in every run.
    var state: UInt64 = 2020
    func random(below bound: Int) -> Int {
      state &+= 0x9E37_79B9_7F4A_7C15
      var bits = state
      bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
      bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
      return Int((bits ^ (bits >> 31)) % UInt64(bound))
    }
    let candidates = (0..<4 * wanted + 12).map { _ in
      Pixel(
        row: size / 2 + random(below: rows - size + 1),
        column: size / 2 + random(below: columns - size + 1))
    }
    func place(_ pixel: Pixel) throws -> Place {
      try Place(
        latitude: grid.latitude.values[pixel.row], longitude: grid.longitude.values[pixel.column])
    }
    let drawn = try await archive.drill(
      DrillRequest(
        variables: [job.variable], selection: .places(try candidates.map(place)), window: window))
    let values = drawn.columns[0].values
    let counts = candidates.indices.map { target in
      drawn.instants.indices.count { values[drawn.index(target: target, step: $0)] != nil }
    }
    var seen: Set<Pixel> = []
    let chosen = candidates.indices.sorted { counts[$0] > counts[$1] }
      .map { candidates[$0] }.filter { seen.insert($0).inserted }.prefix(wanted)
    guard chosen.count == wanted, let first = chosen.first else {
      throw BenchError.config("“\(job.name)”: the grid has too few pixels")
    }
    let selection: Selection
    if job.box == nil {
      box = nil
      pixels = Array(chosen)
      selection = .places(try chosen.map(place))
    } else {
      let (top, left) = (first.row - size / 2, first.column - size / 2)
      let box = (rows: top..<top + size, columns: left..<left + size)
      self.box = box
      pixels = box.rows.flatMap { row in box.columns.map { Pixel(row: row, column: $0) } }
      let north = box.rows.map { grid.latitude.values[$0] }
      let east = box.columns.map { grid.longitude.values[$0] }
      selection = .box(
        try BoundingBox(
          south: north.min() ?? 0, west: east.min() ?? 0, north: north.max() ?? 0,
          east: east.max() ?? 0))
    }
    request = DrillRequest(variables: [job.variable], selection: selection, window: window)
    places = pixels.map {
      "\(grid.latitude.values[$0.row]) north, \(grid.longitude.values[$0.column]) east"
    }
    steps = drawn.instants.map(\.description)
  }
}
