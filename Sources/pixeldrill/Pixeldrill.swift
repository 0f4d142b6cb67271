import ArgumentParser

@main
struct Pixeldrill: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pixeldrill",
    abstract: "Rechunk, reference and drill daily NetCDF stacks.",
    subcommands: [GranuleWorkerCommand.self])
}
