/// Where the night's satellite passes lie: tilted bands a fixed number of degrees apart, seen by
/// the scanner up to a largest angle, the pattern shifting from night to night.
struct SwathGeometry: Sendable {
  /// Degrees of longitude between neighbouring passes (an orbit takes about 101 minutes).
  static let spacing: Float = 25.3
  static let largestZenithAngle: Float = 69.3
  private static let orbitSeconds: Float = 6060
  /// Scan lines a second, as of AVHRR; time of observation goes in steps of a scan line.
  static let linesPerSecond: Float = 6

  private let firstCentre: Float

  init(day: Int, hash: SeededHash) {
    let start = hash.unit(0) * Self.spacing
    let drifted = start + Float(day % 4) * 6.33
    firstCentre = 20 + (drifted >= Self.spacing ? drifted - Self.spacing : drifted)
  }

  /// One row's view of the passes.
  struct Row: Sendable {
    /// Passes counted from the west at column 0, and how many one column adds.
    let origin: Float
    let perColumn: Float
    /// Half the width of a pass, as a part of the spacing.
    let halfWidth: Float
    let alongTrackSeconds: Float

    /// Number of the pass nearest to a column, and the signed distance from its middle as a
    /// part of the spacing, -0.5..<0.5.
    @inline(__always)
    func pass(column: Int) -> (number: Int32, distance: Float) {
      let position = origin + perColumn * Float(column)
      let number = Int32(position)
      return (number, position - Float(number) - 0.5)
    }

    /// Distance from the middle of the pass over its half width: above 1 outside every pass.
    @inline(__always)
    func offset(_ distance: Float) -> Float { abs(distance) / halfWidth }

    /// Observation time in scan lines after the granule's reference time.
    @inline(__always)
    func scanLine(pass number: Int32, distance: Float) -> Int32 {
      let pass = Float(6 - number) * SwathGeometry.orbitSeconds
      let seconds = pass + alongTrackSeconds + distance * 40
      return Int32(seconds * SwathGeometry.linesPerSecond)
    }
  }

  func row(latitude: Double, firstLongitude: Double, longitudeStep: Double) -> Row {
    let latitude = Float(latitude)
    let centre = firstCentre + latitude * 0.21
    return Row(
      origin: (Float(firstLongitude) - centre) / Self.spacing + 0.5,
      perColumn: Float(longitudeStep) / Self.spacing,
      halfWidth: (11.7 + abs(latitude) * 0.05) / Self.spacing,
      alongTrackSeconds: latitude * 16.7)
  }
}
