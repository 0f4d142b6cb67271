public import CF

/// Values of some variables at some places, in order of time.
///
/// - Invariant: the values of each column have the shape `[targets.count, instants.count]`.
public struct TimeSeries: Sendable {
  /// One series: a pixel, and the place it was chosen for.
  public struct Target: Hashable, Sendable {
    /// `nil` for the middle of a box.
    public let pixel: Pixel?
    /// Degrees north, of the pixel's centre.
    public let latitude: Double
    /// Degrees east, as stored.
    public let longitude: Double
    /// `nil` for a pixel of a box.
    public let place: Place?
    /// From the place to the pixel's centre.
    public let kilometres: Double
  }

  public struct Column: Sendable {
    public let name: String
    public var values: SeriesValues
    /// As the first source has them.
    public let attributes: [Attribute]

    public init(name: String, values: SeriesValues, attributes: [Attribute]) {
      self.name = name
      self.values = values
      self.attributes = attributes
    }
  }

  public let targets: [Target]
  /// The type of the targets' coordinates: says how many digits they have.
  public let coordinateType: DataType
  /// Ascending.
  public let instants: [TimeInstant]
  public internal(set) var columns: [Column]
  /// Which of ``instants`` each target wants, one range per target.
  public let windows: [Range<Int>]
  /// Where the values of each instant come from; empty if nobody asked.
  public let origins: [StepOrigin]
  /// What people should know besides the values.
  public let notes: [String]

  /// Where the value of a target at a time is in a column.
  @inline(__always)
  public func index(target: Int, step: Int) -> Int { target * instants.count + step }

  /// The shortest digits that read back the same number of the stored type.
  func coordinateText(_ degrees: Double) -> String {
    coordinateType == .float32 ? Float(degrees).description : degrees.description
  }
}
