import ArgumentParser
import Foundation
import Rechunk
import Storage

struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Rechunk a stack into one Zarr store per year.",
    discussion: """
      Writes ROOT/zarrs/<year> for every year of the stack. Integers are kept
      where all granules pack alike; where packing differs, values are unpacked
      by each granule's own scale and offset.

      Interrupted, at whatever moment? Run the same command again: it goes on
      where it was, and ends with the same bytes. Years that are complete are
      left alone; one that has new or changed granules is made again.

      EXAMPLES
        pixeldrill convert granules --to . --variables sea_surface_temperature
        pixeldrill convert granules --to v2 --zarr-format 2 --codec zlib
        pixeldrill convert --pipeline sample.yaml
      """)

  @OptionGroup var conversion: ConvertOptions
  @Flag(help: "Start over, and replace stores that are there.") var fresh = false
  @Flag(help: "Take over from a run that holds a year's lock and is dead.") var breakLock = false
  @Flag(help: "Say where the time went, stage by stage.") var timings = false

  func validate() throws { try conversion.validate() }

  func run() async throws {
    let console = conversion.log.console
    var request = try conversion.request()
    request.options.replaces = fresh
    request.options.breaksLock = breakLock
    let session = conversion.session(request, clock: timings ? StageClock() : nil)
    let summary = try await session.convert(request)
    console.note(summary.description)
    for granule in summary.leftOut { console.warn("left out \(granule)") }
    if !summary.leftOut.isEmpty { throw ExitCode(3) }
  }
}
