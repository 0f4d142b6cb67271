import ArgumentParser
import Rechunk

struct CleanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clean",
    abstract: "List and remove what runs that ended too early left.",
    discussion: """
      Without --yes nothing is removed, only listed. Complete stores are never
      touched, nor what a run is writing now. To go on with an interrupted
      conversion, run it again instead: it cleans up by itself.

      EXAMPLES
        pixeldrill clean .
        pixeldrill clean s3://bucket/sst --yes
      """)

  @Argument(help: "Root of the stores: a folder or s3://bucket/prefix.") var root: String
  @Flag(help: "Remove what is listed.") var yes = false
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func run() async throws {
    let console = log.console
    let root = try Access(access.storeOptions).root(root)
    let leftovers = try await Leftovers(in: root)
    for text in leftovers.busy { console.note("left alone: \(text)") }
    for item in leftovers.items { Console.output("\(item)\n") }
    if leftovers.items.isEmpty {
      console.note("nothing to clean")
    } else if yes {
      try await leftovers.remove()
      console.note("removed")
    } else {
      console.note("nothing is removed without --yes")
    }
  }
}
