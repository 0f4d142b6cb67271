import ArgumentParser
import Drill
import S3
import Storage

struct DrillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract: "Print time series of pixels.",
    discussion: """
      SOURCE is a root with zarrs, one store (ROOT/zarrs/2020), or several.
      Their steps make one series, in order of time. Where there is no value
      the cell is empty.

      EXAMPLES
        pixeldrill drill zarrs --variable sea_surface_temperature \\
          --lat -32.45 --lon 115.55
        pixeldrill drill 'zarrs/{2019..2020}' --variable quality_level \\
          --lat -32.45 --lon 115.55 --from 2019-12 --until 2020-01-15
      """)

  @Argument(help: "Stores to read.") var sources: [String]
  @Option(help: "A variable, as the source names it; may be given again.")
  var variable: [String]
  // A southern latitude begins with “-”, which the parser would take for an option.
  @Option(parsing: .unconditional, help: "Degrees north, from -90 to 90.") var lat: Double?
  @Option(parsing: .unconditional, help: "Degrees east, from -180 to 360.") var lon: Double?
  @Option(parsing: .unconditional, help: "All pixels in SOUTH,WEST,NORTH,EAST.") var box: String?
  @Option(help: "The first day, month, year or moment.") var from: String?
  @Option(help: "The last one, whole.") var until: String?
  @Option(help: "Every n-th step only.") var every = 1
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    do { _ = try request() } catch let error as DrillError { throw ValidationError("\(error)") }
  }

  func run() async throws {
    let stores = Stores(access.storeOptions)
    let finder = SourceFinder { location throws(StoreError) in try stores.open(location) }
    let archive = try await finder.archive(sources)
    let series = try await archive.drill(try request())
    for note in series.notes { log.console.note(note) }
    Console.output(String(decoding: series.csv(), as: UTF8.self))
  }

  private func request() throws -> DrillRequest {
    guard !variable.isEmpty else { throw ValidationError("Name a --variable.") }
    guard every >= 1 else { throw ValidationError("--every is \(every); at least 1.") }
    let selection: Selection
    switch (lat, lon, box) {
    case (let lat?, let lon?, nil): selection = .places([try Place(latitude: lat, longitude: lon)])
    case (nil, nil, let box?): selection = .box(try BoundingBox(text: box))
    default: throw ValidationError("Say where, with --lat and --lon, or with --box.")
    }
    return DrillRequest(
      variables: variable, selection: selection,
      window: TimeWindow(from: try from.map(DateText.init), until: try until.map(DateText.init)),
      every: every)
  }
}
