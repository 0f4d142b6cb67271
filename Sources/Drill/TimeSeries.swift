public import CF

/// Values of some variables at some pixels, in order of time.
///
/// - Invariant: the values of each column have the shape `[targets.count, instants.count]`.
public struct TimeSeries: Sendable {
  /// One series: a pixel, and the place it was chosen for.
  public struct Target: Hashable, Sendable {
    public let pixel: Pixel
    /// `nil` for a pixel of a box.
    public let place: Place?
    /// From the place to the pixel's centre.
    public let kilometres: Double
  }

  public struct Column: Sendable {
    public let name: String
    public var values: SeriesValues
    /// As the first source says.
    public let attributes: [Attribute]

    public init(name: String, values: SeriesValues, attributes: [Attribute]) {
      self.name = name
      self.values = values
      self.attributes = attributes
    }
  }

  public let grid: PixelGrid
  public let targets: [Target]
  /// Ascending.
  public let instants: [TimeInstant]
  public internal(set) var columns: [Column]
  /// Which of ``instants`` each target wants, one range per target.
  public let windows: [Range<Int>]
  /// What people should know besides the values.
  public internal(set) var notes: [String]

  /// Where the value of a target at a time is in a column.
  @inline(__always)
  public func index(target: Int, step: Int) -> Int { target * instants.count + step }
}
