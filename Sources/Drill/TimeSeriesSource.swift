public import CF

/// Something that time series of pixels can be read from: a Zarr store, a set of references, or a
/// granule. All give the same values for the same data, bit for bit.
public protocol TimeSeriesSource: Sendable {
  /// For people: a path or URL.
  var location: String { get }
  var grid: PixelGrid { get }
  /// The moments of the steps, in the order of the source.
  var instants: [TimeInstant] { get }
  /// The variables that have a number for each step and pixel.
  var variables: [SeriesVariable] { get }
  /// The other variables by name, with the reason why they are no series.
  var refusals: [String: String] { get }

  /// Reads the values of some pixels.
  ///
  /// - Parameters:
  ///   - variable: The name of one of ``variables``.
  ///   - pixels: In the grid, all different. However many they are, each stored chunk is read once.
  ///   - steps: Within the source's steps.
  /// - Returns: Shape `[pixels.count, steps.count]`.
  /// - Throws: ``DrillError``. What can't be read is never fill.
  func values(
    of variable: String, at pixels: [Pixel], steps: Range<Int>
  ) async throws(DrillError) -> SeriesValues

  /// Where each step's numbers of a variable come from.
  ///
  /// - Returns: One element per step.
  func origins(of variable: String) async throws(DrillError) -> [StepOrigin]
}

/// What a source says of a variable.
public struct SeriesVariable: Hashable, Sendable {
  public let name: String
  /// Of the values, after unpacking.
  public let type: DataType
  public let attributes: [Attribute]

  public init(name: String, type: DataType, attributes: [Attribute]) {
    self.name = name
    self.type = type
    self.attributes = attributes
  }
}

/// The object that a step's numbers come from.
public struct StepOrigin: Hashable, Sendable {
  /// A path or URL.
  public let location: String
  /// Of the object when it was read or converted; empty where the store has none.
  public let etag: String
  /// Variables that the step's granule didn't have.
  public let absentVariables: [String]
  /// Whether the store knows of a granule for this step.
  public let hasGranule: Bool

  public init(
    location: String, etag: String, absentVariables: [String] = [], hasGranule: Bool = true
  ) {
    self.location = location
    self.etag = etag
    self.absentVariables = absentVariables
    self.hasGranule = hasGranule
  }
}

extension TimeSeriesSource {
  func variable(_ name: String) -> SeriesVariable? { variables.first { $0.name == name } }
}
