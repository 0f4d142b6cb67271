internal import Drill

/// What a job gave: the numbers of one variable.
///
/// - Invariant: shape `[targetCount, stepCount]`.
struct Answer: Sendable {
  let targetCount: Int
  let stepCount: Int
  /// Each number as the bits of a Double, which holds all of the types read here exactly;
  /// ``missing`` where there is none.
  var bits: [UInt64]

  static let missing = Double.nan.bitPattern

  init(targetCount: Int, stepCount: Int, bits: [UInt64]) {
    self.targetCount = targetCount
    self.stepCount = stepCount
    self.bits = bits
  }

  init(_ series: TimeSeries) {
    let values = series.columns[0].values
    targetCount = series.targets.count
    stepCount = series.instants.count
    bits = (0..<values.count).map { values[$0]?.bitPattern ?? Self.missing }
  }

  var valueCount: Int { bits.count { $0 != Self.missing } }

  /// Where another answer differs first; `nil` if nowhere.
  func firstDifference(from other: Answer) -> Int? {
    zip(bits, other.bits).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  }

  /// A number for people, with the bits that tell it from others.
  static func text(_ bits: UInt64) -> String {
    bits == missing ? "no value" : "\(Double(bitPattern: bits))"
  }
}

/// The rule before every report: all routes of a job give the same numbers, bit for bit.
struct EqualityCheck {
  let job: String
  let network: String
  /// For people: the place of each target, and each step.
  let places: [String]
  let steps: [String]

  /// - Parameter answers: Of all routes; the first is what the others are compared with.
  /// - Returns: How many numbers each route gave.
  /// - Throws: ``BenchError/differs(_:)`` for the first route that gives another number, or
  ///   ``BenchError/noValues(job:)`` if all of them are missing.
  func check(_ answers: [(route: Route, answer: Answer)]) throws(BenchError) -> Int {
    guard let (reference, expected) = answers.first, expected.valueCount > 0 else {
      throw .noValues(job: job)
    }
    for (route, answer) in answers.dropFirst() {
      func differs(_ place: String, _ step: String, _ value: String, _ wanted: String) -> BenchError
      {
        .differs(
          .init(
            job: job, network: network, route: route, reference: reference, place: place,
            step: step, value: value, expected: wanted))
      }
      guard answer.targetCount == expected.targetCount, answer.stepCount == expected.stepCount
      else {
        throw differs(
          "all places", "all steps", "\(answer.targetCount) × \(answer.stepCount) numbers",
          "\(expected.targetCount) × \(expected.stepCount)")
      }
      if let index = answer.firstDifference(from: expected) {
        throw differs(
          places[index / expected.stepCount], steps[index % expected.stepCount],
          Answer.text(answer.bits[index]), Answer.text(expected.bits[index]))
      }
    }
    return expected.bits.count
  }
}
