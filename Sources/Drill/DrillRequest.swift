internal import CF

/// What to read out of an archive.
public struct DrillRequest: Sendable {
  /// Names, in the order of the columns.
  public var variables: [String]
  public var selection: Selection
  public var window: TimeWindow
  /// Every how many steps of the window; the first is taken. At least 1.
  public var every: Int

  public init(
    variables: [String], selection: Selection, window: TimeWindow = .all, every: Int = 1
  ) {
    precondition(every >= 1, "every n-th step, n at least 1")
    self.variables = variables
    self.selection = selection
    self.window = window
    self.every = every
  }

  /// How many values a request may ask for; 9 bytes are held for each.
  public static let valueLimit = 1 << 26

  /// How many sources are read at once.
  static let width = 32
}

extension Archive {
  /// Reads the series: all sources at once, each stored chunk of them once.
  ///
  /// - Throws: ``DrillError``. Nothing is given if anything couldn't be read.
  public func drill(_ request: DrillRequest) async throws(DrillError) -> TimeSeries {
    let described = try request.variables.map { name throws(DrillError) in try variable(name) }
    let targets = try request.selection.targets(in: grid)
    let (chosen, windows) = try steps(for: targets, request)
    let count = targets.count.multipliedReportingOverflow(by: chosen.count * described.count)
    guard !count.overflow, count.partialValue <= DrillRequest.valueLimit else {
      throw .tooManyValues(count: count.partialValue, limit: DrillRequest.valueLimit)
    }
    var columns: [TimeSeries.Column] = []
    for variable in described {
      let values = try await values(of: variable, at: targets.map(\.pixel), steps: chosen)
      columns.append(
        TimeSeries.Column(name: variable.name, values: values, attributes: variable.attributes))
    }
    return TimeSeries(
      grid: grid, targets: targets, instants: chosen.map { steps[$0].instant }, columns: columns,
      windows: windows, notes: notes)
  }

  /// The steps that anyone wants, and for each target those of them that it wants.
  private func steps(
    for targets: [TimeSeries.Target], _ request: DrillRequest
  ) throws(DrillError) -> (steps: [Int], windows: [Range<Int>]) {
    let instants = steps.map(\.instant)
    let whole = request.window.range(in: instants)
    var ranges: [TimeWindow: Range<Int>] = [:]
    let wanted = targets.map { target in
      guard let window = target.place?.window, window != .all else { return whole }
      if let known = ranges[window] { return known }
      let range = window.range(in: instants).clamped(to: whole)
      ranges[window] = range
      return range
    }
    let nonempty = wanted.filter { !$0.isEmpty }
    guard let first = nonempty.map(\.lowerBound).min(), let last = nonempty.map(\.upperBound).max()
    else {
      throw .noSteps(
        first: instants.first?.dateText ?? "nowhere", last: instants.last?.dateText ?? "nowhere")
    }
    // Every n-th is counted from the start of the common window, so that targets share steps.
    let chosen = Array(stride(from: first, to: last, by: request.every))
    let position = { (step: Int) in (step - first + request.every - 1) / request.every }
    return (
      chosen, wanted.map { $0.isEmpty ? 0..<0 : position($0.lowerBound)..<position($0.upperBound) }
    )
  }
}
