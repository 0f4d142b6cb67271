import CF

extension Archive {
  /// Reads the series: all sources and variables at once, each stored chunk of them once.
  ///
  /// - Throws: ``DrillError``. Nothing is given if anything couldn't be read.
  public func drill(_ request: DrillRequest) async throws(DrillError) -> TimeSeries {
    let described = try request.variables.map { name throws(DrillError) in try variable(name) }
    var filters: [ResolvedFilter] = []
    for filter in request.filters { filters += try resolve(filter) }
    let targets = try request.selection.targets(in: grid)
    let (chosen, windows) = try steps(for: targets, request)

    var needed = described
    for filter in filters where !needed.contains(where: { $0.name == filter.variable.name }) {
      needed.append(filter.variable)
    }
    let count = (targets.count * chosen.count).multipliedReportingOverflow(by: needed.count)
    guard !count.overflow, count.partialValue <= DrillRequest.valueLimit else {
      throw .tooManyValues(count: count.partialValue, limit: DrillRequest.valueLimit)
    }
    var read = try await values(of: needed, at: targets.compactMap(\.pixel), steps: chosen)
    if request.explainsGaps {
      for index in needed.indices {
        try await explain(needed[index].name, &read[index], steps: chosen)
      }
    }
    var columns: [TimeSeries.Column] = []
    for (variable, values) in zip(described, read) {
      var values = values
      for filter in filters {
        guard let index = needed.firstIndex(where: { $0.name == filter.variable.name }) else {
          continue
        }
        for place in 0..<values.count
        where values.statuses[place] == .value && !filter.passes(read[index], place) {
          values.remove(place, because: .filtered)
        }
      }
      columns.append(
        TimeSeries.Column(name: variable.name, values: values, attributes: variable.attributes))
    }
    var series = TimeSeries(
      targets: targets,
      coordinateType: grid.latitude.type == grid.longitude.type ? grid.latitude.type : .float64,
      instants: chosen.map(\.instant), columns: columns, windows: windows,
      origins: request.namesOrigins ? try await origins(of: described[0].name, at: chosen) : [],
      notes: notes)
    if let reduction = request.reduction { series = series.reduced(by: reduction) }
    if let climatology = request.climatology { series = series.adding(climatology) }
    return series
  }

  /// The steps that anyone wants, and for each target those of them that it wants.
  private func steps(
    for targets: [TimeSeries.Target], _ request: DrillRequest
  ) throws(DrillError) -> (steps: [Step], windows: [Range<Int>]) {
    let fillsGaps = request.explainsGaps && request.every == 1
    let all = fillsGaps ? stepsAndGaps : steps
    let instants = fillsGaps ? all.map(\.instant) : self.instants
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
    let chosen =
      request.every == 1
      ? Array(all[first..<last]) : stride(from: first, to: last, by: request.every).map { all[$0] }
    let position = { (step: Int) in (step - first + request.every - 1) / request.every }
    return (
      chosen, wanted.map { $0.isEmpty ? 0..<0 : position($0.lowerBound)..<position($0.upperBound) }
    )
  }

  /// The steps, and between them those that are missing from a regular series. Where most steps
  /// aren't equally far apart nothing is missing.
  private var stepsAndGaps: [Step] {
    let distances = zip(steps, steps.dropFirst()).map { $0.instant.microseconds(to: $1.instant) }
    var counts: [Int64: Int] = [:]
    for distance in distances { counts[distance, default: 0] += 1 }
    guard let usual = counts.max(by: { ($0.value, $1.key) < ($1.value, $0.key) }),
      usual.value * 2 > distances.count
    else { return steps }
    var filled: [Step] = []
    for (index, step) in steps.enumerated() {
      filled.append(step)
      guard index < distances.count, distances[index] % usual.key == 0 else { continue }
      for missing in 1..<max(1, distances[index] / usual.key) {
        filled.append(
          Step(instant: step.instant.adding(microseconds: missing * usual.key), place: nil))
      }
    }
    return filled
  }

  /// Replaces “fill” where the source knows better.
  private func explain(
    _ variable: String, _ values: inout SeriesValues, steps chosen: [Step]
  ) async throws(DrillError) {
    let origins = try await origins(of: variable, at: chosen)
    for place in 0..<values.count where values.statuses[place] == .fill {
      let origin = origins[place % chosen.count]
      if !origin.hasGranule {
        values.statuses[place] = .noGranule
      } else if origin.absentVariables.contains(variable) {
        values.statuses[place] = .variableAbsent
      }
    }
  }

  private func origins(
    of variable: String, at chosen: [Step]
  ) async throws(DrillError) -> [StepOrigin] {
    let have = sources.map { $0.variable(variable) != nil }
    let places = chosen.map { step in
      step.place { have[$0.source] } ?? step.place
    }
    let used = Set(places.compactMap { $0?.source }).sorted()
    let sources = sources
    let read = try await concurrently(used, width: DrillRequest.width) {
      source throws(DrillError) in
      have[source]
        ? try await sources[source].origins(of: variable)
        : sources[source].instants.map { _ in
          StepOrigin(location: sources[source].location, etag: "")
        }
    }
    let byIndex = Dictionary(uniqueKeysWithValues: zip(used, read))
    return places.map { place in
      place.flatMap { byIndex[$0.source]?[$0.step] }
        ?? StepOrigin(location: "", etag: "", hasGranule: false)
    }
  }
}

extension TimeInstant {
  fileprivate func microseconds(to other: TimeInstant) -> Int64 {
    Int64(other.dayNumber - dayNumber) * 86_400_000_000
      + other.microsecondOfDay - microsecondOfDay
  }

  fileprivate func adding(microseconds: Int64) -> TimeInstant {
    let (year, month, day) = date
    return TimeInstant(
      calendar: calendar, year: year, month: month, day: day,
      microsecondOfDay: microsecondOfDay + microseconds)
  }
}
