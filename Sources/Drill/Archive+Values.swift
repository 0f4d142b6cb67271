import CF

extension Archive {
  /// A run of steps of one variable to read from one source.
  private struct Portion: Sendable {
    let variable: Int
    let source: Int
    /// Positions in the result, and the source's step for each.
    var steps: [(target: Int, step: Int)]

    var range: Range<Int> {
      var range = (steps.first?.step ?? 0)..<(steps.first?.step ?? -1) + 1
      for (_, step) in steps {
        range = min(range.lowerBound, step)..<max(range.upperBound, step + 1)
      }
      return range
    }

    /// Whether it is all of a result of so many steps, in the same order.
    func isWhole(of count: Int) -> Bool {
      guard steps.count == count, let first = steps.first?.step else { return false }
      return steps.indices.allSatisfy { steps[$0] == ($0, first + $0) }
    }
  }

  /// Reads variables from all sources that have them.
  ///
  /// - Parameter pixels: May repeat.
  /// - Returns: For each variable the shape `[pixels.count, chosen.count]`, in the narrowest type
  ///   that holds what all sources have.
  func values(
    of variables: [SeriesVariable], at pixels: [Pixel], steps chosen: [Step]
  ) async throws(DrillError) -> [SeriesValues] {
    let (unique, position) = Self.distinct(pixels)
    let portions = variables.indices.flatMap { self.portions(of: variables[$0], $0, chosen) }
    let sources = sources
    let read = try await concurrently(portions, width: DrillRequest.width) {
      portion throws(DrillError) in
      try await sources[portion.source].values(
        of: variables[portion.variable].name, at: unique, steps: portion.range)
    }
    let isInOrder = unique.count == pixels.count
    return variables.indices.map { variable in
      let parts = zip(portions, read).filter { $0.0.variable == variable }
      if isInOrder, parts.count == 1, parts[0].0.isWhole(of: chosen.count) { return parts[0].1 }
      var type = parts.first?.1.type ?? variables[variable].type
      for part in parts { type = type.union(part.1.type) }
      var values = SeriesValues(
        type: type, count: pixels.count * chosen.count, missing: .variableAbsent)
      for (step, choice) in chosen.enumerated() where choice.place == nil {
        for index in pixels.indices { values.statuses[index * chosen.count + step] = .noGranule }
      }
      for (portion, part) in parts {
        Self.place(part, portion, position, count: chosen.count, &values)
      }
      return values
    }
  }

  private func portions(
    of variable: SeriesVariable, _ number: Int, _ chosen: [Step]
  ) -> [Portion] {
    let have = sources.map { $0.variable(variable.name) != nil }
    var portions: [Portion] = []
    var positions: [Int: Int] = [:]
    // Mostly those of one source follow each other.
    var current = Portion(variable: number, source: -1, steps: [])
    func close() {
      guard !current.steps.isEmpty else { return }
      if let known = positions[current.source] {
        portions[known].steps += current.steps
      } else {
        positions[current.source] = portions.count
        portions.append(current)
      }
    }
    for (target, step) in chosen.enumerated() {
      guard let place = step.place(where: { have[$0.source] }) else { continue }
      if place.source != current.source {
        close()
        current = Portion(variable: number, source: place.source, steps: [])
      }
      current.steps.append((target, place.step))
    }
    close()
    return portions.sorted { $0.source < $1.source }
  }

  /// Puts what one source gave where it belongs.
  private static func place(
    _ part: SeriesValues, _ portion: Portion, _ position: [Int], count: Int,
    _ values: inout SeriesValues
  ) {
    let range = portion.range
    for (index, unique) in position.enumerated() {
      let from = unique * range.count - range.lowerBound
      let to = index * count
      for (target, step) in portion.steps {
        let status = part.statuses[from + step]
        values.statuses[to + target] = status
        if status == .value {
          values.bits[to + target] = part.type.widen(part.bits[from + step], to: values.type)
        }
      }
    }
  }

  /// Each pixel once, and for each pixel given which of them it is.
  private static func distinct(_ pixels: [Pixel]) -> (pixels: [Pixel], position: [Int]) {
    // Those of a box come in order, and many.
    let isAscending = zip(pixels, pixels.dropFirst()).allSatisfy {
      ($0.row, $0.column) < ($1.row, $1.column)
    }
    if isAscending { return (pixels, Array(pixels.indices)) }
    var seen: [Pixel: Int] = [:]
    var distinct: [Pixel] = []
    let position = pixels.map { pixel in
      if let known = seen[pixel] { return known }
      seen[pixel] = distinct.count
      distinct.append(pixel)
      return distinct.count - 1
    }
    return (distinct, position)
  }
}
