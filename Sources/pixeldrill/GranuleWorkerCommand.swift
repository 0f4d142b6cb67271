import ArgumentParser
import NetCDF

/// What the command runs beside itself to parse granules; nobody types it.
struct GranuleWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: GranuleWorker.argument,
    abstract: "Parse granules for another pixeldrill process.",
    shouldDisplay: false)

  func run() { GranuleWorker.run() }
}
