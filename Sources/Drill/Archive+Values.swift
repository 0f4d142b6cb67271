import CF

extension Archive {
  /// A run of steps to read from one source.
  private struct Portion: Sendable {
    let source: Int
    /// Positions in the result, and the source's step for each.
    var steps: [(target: Int, step: Int)]

    var range: Range<Int> {
      let numbers = steps.map(\.step)
      return (numbers.min() ?? 0)..<(numbers.max() ?? -1) + 1
    }
  }

  /// Reads one variable from all sources that have it.
  ///
  /// - Parameters:
  ///   - pixels: May repeat.
  ///   - chosen: Indexes into ``steps``.
  /// - Returns: Shape `[pixels.count, chosen.count]`, in the narrowest type that holds what all
  ///   sources have.
  func values(
    of variable: SeriesVariable, at pixels: [Pixel], steps chosen: [Int]
  ) async throws(DrillError) -> SeriesValues {
    let name = variable.name
    var portions: [Int: Portion] = [:]
    let have = sources.map { $0.variable(name) }
    for (target, step) in chosen.enumerated() {
      guard let place = steps[step].places.first(where: { have[$0.source] != nil }) else {
        continue
      }
      portions[place.source, default: Portion(source: place.source, steps: [])].steps.append(
        (target, place.step))
    }
    let ordered = portions.values.sorted { $0.source < $1.source }
    let (unique, position) = Self.distinct(pixels)
    let sources = sources
    let read = try await concurrently(ordered, width: DrillRequest.width) {
      portion throws(DrillError) in
      try await sources[portion.source].values(of: name, at: unique, steps: portion.range)
    }
    let types = read.map(\.type)
    let type = types.dropFirst().reduce(types.first ?? variable.type) { $0.union($1) }
    var values = SeriesValues(
      type: type, count: pixels.count * chosen.count, missing: .variableAbsent)
    for (portion, part) in zip(ordered, read) {
      let range = portion.range
      for (index, unique) in position.enumerated() {
        let from = unique * range.count - range.lowerBound
        let to = index * chosen.count
        for (target, step) in portion.steps {
          values.bits[to + target] = part.type.widen(part.bits[from + step], to: type)
          values.statuses[to + target] = part.statuses[from + step]
        }
      }
    }
    for index in 0..<values.count where values.statuses[index] != .value {
      values.bits[index] = 0
    }
    return values
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
