import CF

extension Archive {
  /// A run of steps of one variable to read from one source.
  private struct Portion: Sendable {
    let variable: Int
    let source: Int
    /// Positions in the result, and the source's step for each.
    var steps: [(target: Int, step: Int)]

    var range: Range<Int> {
      let numbers = steps.map(\.step)
      return (numbers.min() ?? 0)..<(numbers.max() ?? -1) + 1
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
    return variables.indices.map { variable in
      let parts = zip(portions, read).filter { $0.0.variable == variable }
      var type = parts.first?.1.type ?? variables[variable].type
      for part in parts { type = type.union(part.1.type) }
      var values = SeriesValues(
        type: type, count: pixels.count * chosen.count, missing: .variableAbsent)
      for (step, choice) in chosen.enumerated() where choice.places.isEmpty {
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
    var portions: [Int: Portion] = [:]
    for (target, step) in chosen.enumerated() {
      guard let place = step.places.first(where: { have[$0.source] }) else { continue }
      portions[place.source, default: Portion(variable: number, source: place.source, steps: [])]
        .steps.append((target, place.step))
    }
    return portions.values.sorted { $0.source < $1.source }
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
