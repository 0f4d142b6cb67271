import ArgumentParser
import CF
import Foundation
import Sample

struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Write a synthetic stack of daily L3S granules.",
    discussion: """
      The stack has the layout and the traps of the GHRSST L3S archive, and no \
      observation in it: packing that differs from day to day, a change of \
      chunk shapes half-way, missing days, variables in a part of the files, \
      clouds and land. Any grid spans the archive's region, 19.99 to -69.99 \
      degrees north and 70.01 to 189.99 east. The same arguments write the \
      same bytes.

      EXAMPLES
        pixeldrill sample stack
        pixeldrill sample year --days 366 --variables quality_level
        pixeldrill sample full --days 2 --lat 4500 --lon 6000
        pixeldrill sample small-chunks --days 8 --chunk 75x100
      """)

  @Argument(help: "Folder to write to: a new or an empty one.") var folder: String
  @Option(help: "First day, as 2020-01-01.") var start = "2020-01-01"
  @Option(help: "Days from the first to the last granule; some have none.") var days = 30
  @Option(help: "Rows of the grid; the archive has 4500.") var lat = 300
  @Option(help: "Columns of the grid; the archive has 6000.") var lon = 400
  @Option(help: "Another seed makes other weather.") var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Data variables, separated by commas; all \(L3SVariable.allCases.count) by default.",
      valueName: "a,b"))
  var variables: String?
  @Option(
    help: ArgumentHelp(
      "Rows and columns of all chunks, in place of the archive's two layouts.",
      valueName: "rows>x<columns"))
  var chunk: String?
  @Option(help: "Granules written at the same time; one per core by default.") var threads: Int?

  func validate() throws {
    if let threads, threads < 1 {
      throw ValidationError("--threads is \(threads); give 1 or more.")
    }
    _ = try stack()
  }

  func run() throws {
    let stack = try stack()
    let clock = ContinuousClock()
    let begin = clock.now
    let count = stack.granules.count
    let bytes = try stack.write(
      to: folder, workers: threads ?? ProcessInfo.processInfo.activeProcessorCount
    ) { granule in
      report("\(granule.number)/\(count)  \(granule.name)  \(Self.size(granule.byteCount))")
    }
    let seconds = begin.duration(to: clock.now) / .seconds(1)
    report(
      """
      sample: \(count) granules of \(stack.rowCount) × \(stack.columnCount) pixels for \
      \(stack.dayCount) days in \(folder), \(Self.size(bytes)), \
      \(Self.decimal(seconds)) s
      """)
  }

  private func stack() throws -> SampleStack {
    do {
      return try SampleStack(
        start: parsedStart(), days: days, rows: lat, columns: lon, seed: seed,
        variables: parsedVariables(), chunk: parsedChunk())
    } catch let error as SampleError {
      throw ValidationError("\(error).")
    }
  }

  private func parsedStart() throws -> TimeInstant {
    let parts = start.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    if parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2],
      (1...12).contains(month), (1...31).contains(day)
    {
      let date = TimeInstant(calendar: .standard, year: year, month: month, day: day)
      if date.date == (year, month, day) { return date }
    }
    throw ValidationError("--start is '\(start)'; give a day as 2020-01-01.")
  }

  private func parsedVariables() throws -> [L3SVariable] {
    guard let variables else { return L3SVariable.allCases }
    let names = variables.split(separator: ",").map(String.init)
    let chosen = try names.map { name in
      guard let variable = L3SVariable(rawValue: name) else {
        let known = L3SVariable.allCases.map(\.rawValue).joined(separator: ", ")
        throw ValidationError("--variables has '\(name)'; there are: \(known).")
      }
      return variable
    }
    return L3SVariable.allCases.filter(chosen.contains)
  }

  private func parsedChunk() throws -> (rows: Int, columns: Int)? {
    guard let chunk else { return nil }
    let parts = chunk.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let rows = parts[0], let columns = parts[1] else {
      throw ValidationError("--chunk is '\(chunk)'; give rows and columns as 75x100.")
    }
    return (rows, columns)
  }

  private static func size(_ bytes: Int) -> String {
    bytes < 1_000_000
      ? "\(decimal(Double(bytes) / 1000)) kB" : "\(decimal(Double(bytes) / 1_000_000)) MB"
  }

  private static func decimal(_ number: Double) -> String { String(format: "%.1f", number) }
}

/// One line on standard error.
private func report(_ line: String) {
  Console.put(line + "\n")
}
