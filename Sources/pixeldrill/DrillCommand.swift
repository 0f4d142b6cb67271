public import ArgumentParser
public import Drill
import Foundation
import S3
import Storage

struct DrillCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drill",
    abstract: "Print time series of pixels.",
    discussion: """
      SOURCE is a root with zarrs, one store (ROOT/zarrs/2020), references
      (ROOT/refs, a file or zip of them) or granules; several make one series,
      in order of time. Where there is no value the cell is empty.

      EXAMPLES
        pixeldrill drill zarrs --variable sea_surface_temperature \\
          --lat -32.45 --lon 115.55
        pixeldrill drill 'zarrs/{2019..2020}' --variable quality_level \\
          --lat -32.45 --lon 115.55 --from 2019-12 --until 2020-01-15
        pixeldrill drill zarrs --variable sea_surface_temperature \\
          --box -33,115,-32,116 --where 'quality_level>=4' --reduce mean \\
          --output mean.svg
      """)

  @Argument(help: "Stores, references or granules to read.") var sources: [String]
  @Option(help: "A variable, as the source names it; may be given again.")
  var variable: [String]

  // A southern latitude begins with “-”, which the parser would take for an option.
  @Option(parsing: .unconditional, help: "Degrees north, from -90 to 90.") var lat: Double?
  @Option(parsing: .unconditional, help: "Degrees east, from -180 to 360.") var lon: Double?
  @Option(help: "Places: a CSV with lat, lon, and perhaps id, from, until.") var points: String?
  @Option(
    parsing: .unconditional,
    help: "All pixels in SOUTH,WEST,NORTH,EAST; east may be less than west.") var box: String?

  @Option(help: "The first moment, day, month or year.") var from: String?
  @Option(help: "The last one, whole.") var until: String?
  @Option(help: "Take every n-th step.") var every = 1

  @Option(
    name: .customLong("where"),
    help: "Keep values where this holds: 'quality_level>=4'; may be given again.")
  var conditions: [String] = []
  @Option(help: "Keep values where these flags aren't set: land,ice.") var clear: String?
  @Option(help: "One series for the box: mean, min, max, std or count.") var reduce: Reduction?
  @Option(help: "Add the mean of the same month or day, and the difference.")
  var climatology: Climatology?
  @Flag(help: "Say why a value is missing, and name missing steps.") var status = false
  @Flag(help: "Name the file and etag that each step comes from.") var provenance = false
  @Flag(help: "Refuse references to files that have changed since they were made.")
  var pinned = false

  @Option(help: "csv, json (CoverageJSON), netcdf (CF timeSeries) or svg.")
  var format: SeriesFormat?
  @Option(help: "File to write; its name tells the format.") var output: String?
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    do {
      _ = try request()
      if points == nil { _ = try selection() }
    } catch let error as DrillError { throw ValidationError("\(error)") }
    let format = try chosenFormat()
    if format == .netcdf, output == nil {
      throw ValidationError("--format netcdf: say where with --output FILE.")
    }
    if format != .csv, status || provenance {
      throw ValidationError("--status and --provenance are for CSV.")
    }
  }

  func run() async throws {
    let stores = Stores(access.storeOptions)
    let finder = SourceFinder(
      open: { location throws(StoreError) in try stores.open(location) },
      parser: Access(access.storeOptions).parser(
        workers: ProcessInfo.processInfo.activeProcessorCount))
    var request = try request()
    request.selection = try selection()
    let archive = try await finder.archive(
      sources, variables: request.neededVariables, pinned: pinned)
    let series = try await archive.drill(request)
    for note in series.notes { log.console.note(note) }
    if case .places(let places) = request.selection, places.count == 1 {
      let target = series.targets[0]
      log.console.note(
        "the nearest pixel is \(Int((target.kilometres * 1000).rounded())) m away")
    }
    if log.console.isTerminal, log.console.style == .text {
      for line in series.sparklines() { log.console.note(line) }
    }
    try write(series)
  }

  private func request() throws -> DrillRequest {
    guard !variable.isEmpty else { throw ValidationError("Name a --variable.") }
    guard every >= 1 else { throw ValidationError("--every is \(every); at least 1.") }
    if reduce != nil, box == nil { throw ValidationError("--reduce goes with --box.") }
    if reduce != nil, status || provenance {
      throw ValidationError("--status and --provenance are for pixels, not for --reduce.")
    }
    var request = DrillRequest(
      variables: variable, selection: .places([]),
      window: TimeWindow(from: try from.map(DateText.init), until: try until.map(DateText.init)),
      every: every)
    request.filters = try conditions.map(SeriesFilter.init(condition:))
    if let clear { request.filters.append(SeriesFilter(clear: clear)) }
    request.reduction = reduce
    request.climatology = climatology
    request.explainsGaps = status
    request.namesOrigins = provenance
    return request
  }

  private func selection() throws -> Selection {
    switch (lat, lon, box, points) {
    case (let lat?, let lon?, nil, nil):
      return .places([try Place(latitude: lat, longitude: lon)])
    case (nil, nil, let box?, nil): return .box(try BoundingBox(text: box))
    case (nil, nil, nil, let points?):
      guard let bytes = FileManager.default.contents(atPath: points) else {
        throw DrillError.badText(what: "points file", text: points, reason: "it can't be read")
      }
      return .places(try PointsFile.places(String(decoding: bytes, as: UTF8.self), name: points))
    default:
      throw ValidationError("Say where, with --lat and --lon, with --points, or with --box.")
    }
  }

  private func chosenFormat() throws -> SeriesFormat {
    if let format { return format }
    guard let output else { return .csv }
    guard let format = SeriesFormat(fileName: output) else {
      throw ValidationError(
        "--output \(output): its name ends with none of .csv, .json, .nc and .svg; "
          + "give the --format.")
    }
    return format
  }

  private func write(_ series: TimeSeries) throws {
    let title = variable.joined(separator: ", ")
    let bytes: [UInt8]
    switch try chosenFormat() {
    case .csv: bytes = series.csv(withStatus: status)
    case .json: bytes = try series.coverageJSON() + [UInt8(ascii: "\n")]
    case .svg: bytes = series.svg(title: title)
    case .netcdf:
      try series.writeNetCDF(
        to: output ?? "", title: "Time series of \(title)",
        history: "pixeldrill drill from \(sources.joined(separator: " "))")
      return
    }
    guard let output else { return Console.output(String(decoding: bytes, as: UTF8.self)) }
    try Data(bytes).write(to: URL(filePath: output), options: .atomic)
  }
}

/// What a series is written as.
enum SeriesFormat: String, CaseIterable, ExpressibleByArgument {
  case csv, json, netcdf, svg

  init?(fileName: String) {
    switch (fileName as NSString).pathExtension.lowercased() {
    case "csv": self = .csv
    case "json", "covjson": self = .json
    case "nc", "nc4": self = .netcdf
    case "svg": self = .svg
    default: return nil
    }
  }
}

extension Reduction: ExpressibleByArgument {}
extension Climatology: ExpressibleByArgument {}
