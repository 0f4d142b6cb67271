/// The dimensions of a stack besides time, with their coordinates.
public struct Grid: Hashable, Sendable {
  public struct Axis: Hashable, Sendable {
    public let dimension: String
    public let length: Int
    /// The coordinate variable's values, if there is one.
    public let coordinates: [Double]?
    public let units: String?

    /// How far a coordinate may be off and still be the same: 1e-5 degree, or a thousandth of a
    /// step where the unit isn't degrees.
    var tolerance: Double {
      guard let coordinates, coordinates.count > 1, units?.hasPrefix("degree") != true else {
        return 1e-5
      }
      return abs(coordinates[1] - coordinates[0]) / 1000
    }
  }

  public let axes: [Axis]

  /// Why `other` isn't this grid; `nil` if it is.
  func difference(from other: Grid) -> (dimension: String, reason: String)? {
    for axis in axes {
      guard let match = other.axes.first(where: { $0.dimension == axis.dimension }) else {
        continue
      }
      guard axis.length == match.length else {
        return (axis.dimension, "\(match.length) long instead of \(axis.length)")
      }
      guard let ours = axis.coordinates, let theirs = match.coordinates else { continue }
      let tolerance = axis.tolerance
      let index = ours.indices.first { index in
        // A comparison that is true for NaN against a number, too.
        !(abs(ours[index] - theirs[index]) <= tolerance)
          && !(ours[index].isNaN && theirs[index].isNaN)
      }
      if let index {
        return (axis.dimension, "\(theirs[index]) instead of \(ours[index]) at \(index)")
      }
    }
    return nil
  }

  /// `lat 4500 (19.99 … -69.99), lon 6000 (70.01 … 189.99)`
  public var description: String {
    axes.map { axis in
      guard let first = axis.coordinates?.first, let last = axis.coordinates?.last else {
        return "\(axis.dimension) \(axis.length)"
      }
      return "\(axis.dimension) \(axis.length) (\(Float(first)) … \(Float(last)))"
    }.joined(separator: ", ")
  }
}
