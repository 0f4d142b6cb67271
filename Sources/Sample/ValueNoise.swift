/// A smooth random field over rows, columns and days: random numbers on a lattice, joined by cubic
/// B-splines in space and by straight lines in time.
///
/// Only sums and products are used, so the field is the same on every machine.
struct ValueNoise: Sendable {
  let hash: SeededHash
  /// Lattice spacing in pixels, at least 2, and in days, above 0.
  let cellRows: Float
  let cellColumns: Float
  let cellDays: Float
  /// How far the pattern moves in a day, in pixels; columns count eastward.
  let columnsPerDay: Float
  let amplitude: Float

  init(
    hash: SeededHash, cellRows: Float, cellColumns: Float, cellDays: Float,
    columnsPerDay: Float = 0, amplitude: Float
  ) {
    self.hash = hash
    self.cellRows = max(cellRows, 2)
    self.cellColumns = max(cellColumns, 2)
    self.cellDays = cellDays
    self.columnsPerDay = columnsPerDay
    self.amplitude = amplitude
  }

  /// Adds one row of the field to `values`, which holds one number per column.
  ///
  /// - Parameters:
  ///   - row: Zero-based.
  ///   - day: Days since the start of the stack.
  /// - Complexity: O(columns), plus eight hashes per lattice column.
  func add(row: Int, day: Int, to values: UnsafeMutableBufferPointer<Float>) {
    let width = values.count
    guard width > 0, let base = values.baseAddress else { return }
    let shift = -Float(day) * columnsPerDay
    let firstCell = Self.floor(shift / cellColumns)
    let lastCell = Self.floor((shift + Float(width - 1)) / cellColumns)
    let nodes = latticeRow(row: row, day: day, columns: (firstCell - 1)...(lastCell + 3))
    let step = 1 / cellColumns
    var column = 0
    for cell in firstCell...lastCell + 1 where column < width {
      let node = cell - firstCell
      let (a, b, c, d) = (nodes[node], nodes[node + 1], nodes[node + 2], nodes[node + 3])
      let constant = (a + 4 * b + c) / 6
      let linear = (c - a) / 2
      let square = (a - 2 * b + c) / 2
      let cube = (d - a + 3 * (b - c)) / 6
      let end = min(width, max(column, Int((Float(cell + 1) * cellColumns - shift).rounded(.up))))
      let origin = shift * step - Float(cell)
      while column < end {
        let t = Float(column) * step + origin
        base[column] += constant + t * (linear + t * (square + t * cube))
        column += 1
      }
    }
  }

  /// The lattice interpolated to one row and day, times the amplitude.
  private func latticeRow(row: Int, day: Int, columns: ClosedRange<Int>) -> [Float] {
    let position = Float(row) / cellRows
    let cell = Int(position)
    let t = position - Float(cell)
    let s = 1 - t
    let weights = [
      s * s * s / 6, (4 - 6 * t * t + 3 * t * t * t) / 6, (4 - 6 * s * s + 3 * s * s * s) / 6,
      t * t * t / 6,
    ]
    let time = Float(day) / cellDays
    let slice = Int(time)
    let later = time - Float(slice)
    return columns.map { column in
      var sum: Float = 0
      for (offset, weight) in weights.enumerated() {
        let now = node(column, cell + offset, slice)
        let next = node(column, cell + offset, slice + 1)
        sum += weight * (now + later * (next - now))
      }
      return sum * amplitude
    }
  }

  /// A lattice value in -1..<1.
  private func node(_ column: Int, _ row: Int, _ slice: Int) -> Float {
    let position =
      UInt64(truncatingIfNeeded: column &+ 0x10_0000)
      | UInt64(truncatingIfNeeded: row) << 24 | UInt64(truncatingIfNeeded: slice) << 46
    return hash.unit(position) * 2 - 1
  }

  private static func floor(_ value: Float) -> Int { Int(value.rounded(.down)) }
}
