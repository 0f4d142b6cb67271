import ArgumentParser
import Foundation

@main
struct Pixeldrill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pixeldrill",
    abstract: "Rechunk, reference and drill daily NetCDF stacks.",
    subcommands: [SampleCommand.self, GranuleWorkerCommand.self])

  /// Exit codes: 0 done, 1 failed, 2 usage (where ArgumentParser has 64).
  static func main() async {
    do {
      var command = try parseAsRoot()
      if var asyncCommand = command as? any AsyncParsableCommand {
        try await asyncCommand.run()
      } else {
        try command.run()
      }
    } catch {
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
      exit(withError: ExitCode(2))
    }
  }
}
