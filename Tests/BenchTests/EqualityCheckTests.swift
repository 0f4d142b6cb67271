import Testing

@testable import Bench

struct EqualityCheckTests {
  private let check = EqualityCheck(
    job: "two pixels", network: "folder", places: ["here", "there"],
    steps: ["first", "second", "third"])

  private func answer(_ numbers: [Double?]) -> Answer {
    Answer(
      targetCount: 2, stepCount: 3, bits: numbers.map { $0?.bitPattern ?? Answer.missing })
  }

  @Test func `equal answers are counted`() throws {
    let numbers = [1, nil, 3, 4, 5, 6.5]
    let count = try check.check([
      (.zarrV3, answer(numbers)), (.references, answer(numbers)), (.wholeFile, answer(numbers)),
    ])
    #expect(count == 6)
  }

  @Test(arguments: Route.allCases.dropFirst())
  func `a value that one route shifts by its last bit is named with route, place and step`(
    route: Route
  ) {
    let numbers = [1, nil, 3, 4, 293.15, 6.5]
    var shifted = numbers
    shifted[4] = 293.15.nextUp
    #expect(
      throws: BenchError.differs(
        .init(
          job: "two pixels", network: "folder", route: route, reference: .zarrV3, place: "there",
          step: "second", value: "\(293.15.nextUp)", expected: "293.15"))
    ) {
      try check.check([
        (.zarrV3, answer(numbers)), (.zarrV2, answer(numbers)), (route, answer(shifted)),
      ])
    }
  }

  @Test func `a value where the others have none is a difference`() {
    #expect {
      try check.check([
        (.zarrV3, answer([1, nil, 3, 4, 5, 6])), (.opendap, answer([1, 0, 3, 4, 5, 6])),
      ])
    } throws: { error in
      "\(error)".hasSuffix(
        "“two pixels” by OPeNDAP (pydap) (folder) gives 0.0 at here, second, where Zarr v3, sharded "
          + "gives no value")
    }
  }

  @Test func `an answer of another length is a difference`() {
    let short = Answer(targetCount: 2, stepCount: 1, bits: [1.0, 4.0].map(\.bitPattern))
    #expect {
      try check.check([(.zarrV3, answer([1, 2, 3, 4, 5, 6])), (.inPlace, short)])
    } throws: { error in
      guard case .differs(let difference) = error as? BenchError else { return false }
      return difference.route == .inPlace && difference.value == "2 × 1 numbers"
    }
  }

  @Test func `answers without any value prove nothing`() {
    let nothing = answer([nil, nil, nil, nil, nil, nil])
    #expect(throws: BenchError.noValues(job: "two pixels")) {
      try check.check([(.zarrV3, nothing), (.references, nothing)])
    }
  }
}
