import ArgumentParser
import Rechunk

struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Say what convert would do, without writing anything.",
    discussion: """
      Prints for each variable what happens to its values, shapes of chunks and
      shards, objects, bytes and peak memory, and what other chunk shapes
      would cost.

      EXAMPLES
        pixeldrill plan granules --to .
        pixeldrill plan granules --to . --memory 512MiB --chunk 50x50 --json
      """)

  @OptionGroup var conversion: ConvertOptions
  @Flag(help: "Print JSON.") var json = false

  func validate() throws { try conversion.validate() }

  func run() async throws {
    let request = try conversion.request()
    let report = try await conversion.session(request).plan(request)
    Console.output(json ? try report.json() : report.description)
  }
}
