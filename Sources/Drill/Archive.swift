public import CF

/// Several sources as one: their steps in order of time, each knowing where it comes from.
public struct Archive: Sendable {
  /// One moment, and the steps of sources that have it.
  public struct Step: Hashable, Sendable {
    public let instant: TimeInstant
    /// `nil` for a step that a regular series would have and no source has.
    public let place: Place?
    /// Where else this moment is, in the order in which the sources were named: of two with a
    /// variable, the first is used.
    public internal(set) var others: [Place] = []

    /// The first place whose source will do.
    func place(where suits: (Place) -> Bool) -> Place? {
      guard let place else { return nil }
      return suits(place) ? place : others.first(where: suits)
    }
  }

  public struct Place: Hashable, Sendable {
    /// Index into ``Archive/sources``.
    public let source: Int
    /// Zero-based step in that source.
    public let step: Int
  }

  public let sources: [any TimeSeriesSource]
  public let grid: PixelGrid
  /// Ascending.
  public let steps: [Step]
  /// Of the steps.
  let instants: [TimeInstant]
  /// What people should know: moments that several sources have.
  public let notes: [String]

  /// - Throws: ``DrillError/differentGrid(location:first:reason:)`` or
  ///   ``DrillError/differentCalendar(location:first:)`` if the sources don't go together.
  public init(_ sources: [any TimeSeriesSource]) throws(DrillError) {
    guard let first = sources.first else { throw .noSource }
    let calendar = sources.lazy.compactMap(\.instants.first).first?.calendar
    for source in sources {
      if let reason = first.grid.difference(from: source.grid) {
        throw .differentGrid(location: source.location, first: first.location, reason: reason)
      }
      if let calendar, let other = source.instants.first?.calendar, other != calendar,
        !(other.isGregorian && calendar.isGregorian)
      {
        throw .differentCalendar(location: source.location, first: first.location)
      }
    }
    self.sources = sources
    grid = first.grid
    (steps, notes) = Self.merge(sources)
    instants = steps.map(\.instant)
  }

  /// All variables, in the order in which sources name them.
  public var variableNames: [String] {
    var seen: Set<String> = []
    return sources.flatMap(\.variables).map(\.name).filter { seen.insert($0).inserted }
  }

  /// What the first source that has it says of a variable.
  ///
  /// - Throws: ``DrillError/unknownVariable(_:nearest:known:)``, or why the variable is no series.
  public func variable(_ name: String) throws(DrillError) -> SeriesVariable {
    for source in sources {
      if let variable = source.variable(name) { return variable }
    }
    for source in sources {
      if let reason = source.refusals[name] {
        throw .notASeries(variable: name, location: source.location, reason: reason)
      }
    }
    let known = variableNames
    throw .unknownVariable(name, nearest: nearestName(to: name, in: known), known: known)
  }

  private static func merge(_ sources: [any TimeSeriesSource]) -> ([Step], [String]) {
    var all: [(instant: TimeInstant, place: Place)] = []
    for (index, source) in sources.enumerated() {
      for (step, instant) in source.instants.enumerated() {
        all.append((instant, Place(source: index, step: step)))
      }
    }
    // Mostly in order already; equal moments stay in the order of the sources.
    let isSorted = zip(all, all.dropFirst()).allSatisfy { $0.instant < $1.instant }
    if !isSorted {
      all.sort {
        ($0.instant, $0.place.source, $0.place.step) < ($1.instant, $1.place.source, $1.place.step)
      }
    }
    var steps: [Step] = []
    steps.reserveCapacity(all.count)
    var repeated = 0
    var example: Step?
    for (instant, place) in all {
      if let last = steps.last, last.instant.isSameMoment(as: instant) {
        steps[steps.count - 1].others.append(place)
        repeated += 1
        example = example ?? steps[steps.count - 1]
      } else {
        steps.append(Step(instant: instant, place: place))
      }
    }
    guard let example, let first = example.place?.source, let second = example.others.first?.source
    else { return (steps, []) }
    return (
      steps,
      [
        "\(repeated) of \(all.count) steps have a moment that is there already; the source named "
          + "first is used: \(example.instant) is in \(sources[first].location) and "
          + (first == second ? "again in the same" : sources[second].location)
      ]
    )
  }
}

extension TimeInstant {
  func isSameMoment(as other: TimeInstant) -> Bool {
    dayNumber == other.dayNumber && microsecondOfDay == other.microsecondOfDay
  }
}
