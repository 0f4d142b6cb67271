import ArgumentParser
import Rechunk
import Synchronization

struct ScanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan",
    abstract: "Open every granule once and say what the stack is.",
    discussion: """
      Prints product, grid, time range, gaps, duplicates, the eras of storage
      layout and packing, and the granules that can't be used.

      EXAMPLES
        pixeldrill scan granules
        pixeldrill scan 'granules/2020*.nc' --json
      """)

  @OptionGroup var input: InputOptions
  @Flag(help: "Print JSON.") var json = false
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    let stack = try await Session(log: log.console, access: Access(access.storeOptions))
      .scan(input, skipBad: true)
    let report = StackReport(stack)
    Console.output(json ? try report.json() : report.description)
    if !stack.quarantined.isEmpty { throw ExitCode(3) }
  }
}
