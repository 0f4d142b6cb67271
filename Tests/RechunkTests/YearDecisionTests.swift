import Foundation
import Testing

@testable import Rechunk

struct YearDecisionTests {
  private func source(_ day: Int, byteCount: Int = 10, etag: String? = "a") throws -> [String: Any]
  {
    [
      "location": "s3://b/\(day).nc", "byteCount": byteCount, "etag": etag as Any,
      "times": ["2020-01-0\(day)T00:00:00Z"], "absentVariables": [], "packing": [:],
    ].compactMapValues { value in
      if case Optional<Any>.none = value { return nil }
      return value
    }
  }

  private func inputs(
    options: [String: String] = ["--chunk": "5x5"],
    array: [String: String] = ["chunk": "5x5", "type": "int16"], details: Int = 1,
    sources: [[String: Any]]? = nil, leftOut: [[String: Any]] = [],
    tool: String = "pixeldrill 0.1.0"
  ) throws -> YearInputs {
    let json: [String: Any] = [
      "tool": tool, "options": options, "arrays": ["v": array], "detailsCRC32C": details,
      "sources": try sources ?? [source(1), source(2)], "leftOut": leftOut,
    ]
    return try JSONDecoder.manifest.decode(
      YearInputs.self, from: JSONSerialization.data(withJSONObject: json))
  }

  /// What is decided, in a word.
  private func decide(
    _ now: YearInputs, before: YearInputs, isComplete: Bool, leavesOutBad: Bool = true
  ) throws -> String {
    let state: YearState
    if isComplete {
      state = .complete(
        Manifest(
          year: 2020, format: 3, variables: [:], request: StackRequest(), inputs: before,
          objects: []))
    } else {
      state = .unfinished(before)
    }
    do {
      switch try YearDecision(state, now, location: "zarrs/2020", leavesOutBad: leavesOutBad) {
      case .leave: return "leave"
      case .renew: return "renew"
      case .resume: return "resume"
      case .begin(let reasons): return "begin: \(reasons.map(\.description))"
      }
    } catch {
      return "\(error)"
    }
  }

  @Test func `the same inputs are left, or gone on with`() throws {
    #expect(try decide(inputs(), before: inputs(), isComplete: true) == "leave")
    #expect(try decide(inputs(), before: inputs(), isComplete: false) == "resume")
  }

  @Test func `options that come to the same make no difference`() throws {
    let now = try inputs(options: ["--chunk": "advised"])
    #expect(try decide(now, before: inputs(), isComplete: true) == "leave")
  }

  @Test(arguments: [true, false])
  func `another option is refused by its name`(isComplete: Bool) throws {
    let now = try inputs(
      options: ["--chunk": "7x7"], array: ["chunk": "7x7", "type": "int16"])
    let said = try decide(now, before: inputs(), isComplete: isComplete)
    #expect(said.contains("--chunk was 5x5, is 7x7"))
  }

  @Test(arguments: [
    ("changed", "changed: ETag a then, b now"), ("longer", "changed: 10 bytes then, 11 now"),
    ("new", "s3://b/3.nc is new"),
  ])
  func `a granule that changed or is new is named`(what: String, said: String) throws {
    let sources =
      switch what {
      case "changed": try [source(1), source(2, etag: "b")]
      case "longer": try [source(1), source(2, byteCount: 11)]
      default: try [source(1), source(2), source(3)]
      }
    for isComplete in [true, false] {
      let decision = try decide(
        inputs(details: 2, sources: sources), before: inputs(), isComplete: isComplete)
      #expect(decision.hasPrefix("begin: ") && decision.contains(said))
    }
  }

  @Test func `a granule that is missing is refused by name`() throws {
    let said = try decide(inputs(sources: [source(1)]), before: inputs(), isComplete: true)
    #expect(said.contains("granule s3://b/2.nc is not among the inputs now"))
  }

  @Test func `a year that other years' granules would change is refused by name`() throws {
    let now = try inputs(array: ["chunk": "5x5", "type": "float32"])
    #expect(
      try decide(now, before: inputs(), isComplete: true)
        .contains("v: type was int16, is float32"))
    // Nobody has seen it yet.
    #expect(try decide(now, before: inputs(), isComplete: false).hasPrefix("begin"))
    // It is made again anyway.
    let grown = try inputs(
      array: ["chunk": "5x5", "type": "float32"], sources: [source(1), source(2), source(3)])
    #expect(try decide(grown, before: inputs(), isComplete: true).hasPrefix("begin"))
  }

  @Test func `other attributes are written without the data`() throws {
    #expect(try decide(inputs(details: 2), before: inputs(), isComplete: true) == "renew")
    #expect(try decide(inputs(details: 2), before: inputs(), isComplete: false) == "resume")
  }

  @Test func `another version leaves what is complete and does again what isn't`() throws {
    let before = try inputs(tool: "pixeldrill 0.0.1")
    #expect(try decide(inputs(), before: before, isComplete: true) == "leave")
    #expect(try decide(inputs(), before: before, isComplete: false).contains("pixeldrill 0.0.1"))
  }

  @Test func `a granule left out for its damage, and not changed, is refused without leave`() throws
  {
    let info: [String: Any] = ["key": "3.nc", "byteCount": 10, "etag": "a"]
    let before = try inputs(
      leftOut: [["location": "s3://b/3.nc", "reason": "a bad checksum", "info": info]])
    let now = try inputs(sources: [source(1), source(2), source(3)])
    let said = try decide(now, before: before, isComplete: true, leavesOutBad: false)
    #expect(said.contains("s3://b/3.nc (a bad checksum)") && said.contains("--skip-bad"))
    let repaired = try inputs(sources: [source(1), source(2), source(3, etag: "b")])
    #expect(
      try decide(repaired, before: before, isComplete: true, leavesOutBad: false)
        .contains("3.nc is new"))
  }
}
