/// What to read out of an archive.
public struct DrillRequest: Sendable {
  /// Names, in the order of the columns.
  public var variables: [String]
  public var selection: Selection
  public var window: TimeWindow
  /// Every how many steps of the window; the first is taken. At least 1.
  public var every: Int
  /// All must hold for a value to stay.
  public var filters: [SeriesFilter] = []
  /// One series for all pixels; `nil` keeps them apart.
  public var reduction: Reduction?
  public var climatology: Climatology?
  /// Find out why values are missing, and name the steps that a regular series would have.
  public var explainsGaps = false
  /// Find out where each step comes from.
  public var namesOrigins = false

  public init(
    variables: [String], selection: Selection, window: TimeWindow = .all, every: Int = 1
  ) {
    precondition(every >= 1, "every n-th step, n at least 1")
    self.variables = variables
    self.selection = selection
    self.window = window
    self.every = every
  }

  /// The variables that must be read; `nil` if only the sources can tell.
  public var neededVariables: Set<String>? {
    let filtering = filters.map(\.variable)
    return filtering.contains(nil) ? nil : Set(variables + filtering.compactMap(\.self))
  }

  /// How many values a request may ask for; 9 bytes are held for each.
  public static let valueLimit = 1 << 26

  /// How many sources are read at once.
  static let width = 32
}
