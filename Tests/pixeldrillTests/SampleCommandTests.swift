import ArgumentParser
import Testing

@testable import pixeldrill

struct SampleCommandTests {
  @Test func `a folder is all it takes`() throws {
    let command = try SampleCommand.parse(["stack"])
    #expect(command.folder == "stack")
    #expect((command.days, command.lat, command.lon, command.seed) == (30, 300, 400, 1))
  }

  @Test(arguments: [
    [], ["stack", "--start", "2020-02-30"], ["stack", "--start", "yesterday"],
    ["stack", "--start", "2020-1"], ["stack", "--days", "0"], ["stack", "--days", "99999999"],
    ["stack", "--lat", "0"], ["stack", "--chunk", "75"], ["stack", "--chunk", "0x5"],
    ["stack", "--chunk", "301x5"], ["stack", "--chunk", "1x1x1"],
    ["stack", "--variables", "sst"], ["stack", "--variables", ""], ["stack", "--threads", "0"],
    ["stack", "--seed", "-1"], ["stack", "more"],
  ])
  func `what can't be made is a usage error`(arguments: [String]) {
    let error = #expect(throws: (any Error).self) { try SampleCommand.parse(arguments) }
    #expect(error.map { SampleCommand.exitCode(for: $0) } == .validationFailure)
  }

  @Test func `an unknown variable is answered with the known ones`() {
    let error = #expect(throws: (any Error).self) {
      try SampleCommand.parse(["stack", "--variables", "quality_level,sst"])
    }
    let message = error.map { SampleCommand.message(for: $0) } ?? ""
    #expect(message.contains("'sst'") && message.contains("sea_surface_temperature"))
  }

  @Test func `every example of the help parses`() throws {
    let examples = SampleCommand.configuration.discussion.split(separator: "\n")
      .map { $0.split(separator: " ").map(String.init) }
      .filter { $0.starts(with: ["pixeldrill", "sample"]) }
    #expect(examples.count == 4)
    for example in examples { _ = try Pixeldrill.parseAsRoot(Array(example.dropFirst())) }
  }
}
