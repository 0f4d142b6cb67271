import ArgumentParser
import Foundation
import Rechunk

@main
struct Pixeldrill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pixeldrill",
    abstract: "Rechunk daily NetCDF stacks into Zarr, and drill time series out of them.",
    discussion: """
      EXAMPLE
        pixeldrill sample granules --days 30
        pixeldrill scan granules
        pixeldrill convert granules --to .
        pixeldrill drill zarrs --variable sea_surface_temperature \\
          --lat -32.45 --lon 115.55

      Data goes to standard output, notes and progress to standard error.
      Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done but something was
      skipped or differs; “verify --help” has more.
      """,
    version: Rechunk.version,
    subcommands: [
      SampleCommand.self, ScanCommand.self, PlanCommand.self, ConvertCommand.self,
      CleanCommand.self, VerifyCommand.self, RefsCommand.self, DrillCommand.self,
      BenchCommand.self, GranuleWorkerCommand.self,
    ])

  static func main() async {
    // A reader that goes away ends the output, not the process without a word.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      let code = exitCode(for: error)
      switch code {
      case .success:
        Console.output(fullMessage(for: error) + "\n")
        Foundation.exit(0)
      case .validationFailure:
        Console.put(fullMessage(for: error) + "\n")
        Foundation.exit(2)
      default:
        Console.put("error: \(error)\n")
        Foundation.exit(1)
      }
    }
  }
}
