import ArgumentParser
import Foundation
import NetCDF
import Rechunk
import S3
import Storage
import Verify

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compare stores with the granules they were made of.",
    discussion: """
      Checks that every object of ROOT/zarrs/<year> is there with its size and
      checksum, that metadata and times are those of the granules, and that
      values are: a thousand windows of each year, or as many as you say. A
      window is one chunk's place in space at one step. Granules are read by
      libnetcdf, apart from the code that converts them.

      Prints one line for each thing that is wrong: * differs, - is missing,
      + is there and should not be, ! could not be read.

      --repair makes what is damaged or missing in a store again, and nothing
      else, from the granules, which must be those it was made of; then it
      verifies once more.

      Exit codes: 0 all is well, 3 something differs, 4 something is missing,
      5 something could not be read; the highest of them.

      EXAMPLES
        pixeldrill verify .
        pixeldrill verify . --all --json
        pixeldrill verify . --all --repair
        pixeldrill verify s3://bucket/sst --years 2010..2012 --percent 1
      """)

  @Argument(help: "Root of the stores: zarrs/<year> below it.") var root: String
  @Option(help: "Years to verify: 2010 or 2010..2012.") var years: String?
  @Option(help: "Windows of each year to compare.") var sample: Int?
  @Option(help: "Or this many in a hundred of them.") var percent: Double?
  @Flag(help: "Compare all values.") var all = false
  @Flag(help: "Leave the checksums of data objects out: sizes only.") var sizesOnly = false
  @Option(help: "The same number chooses the same windows.") var seed: UInt64?
  @Flag(help: "Make again what is damaged or missing.") var repair = false
  @Flag(help: "Print JSON.") var json = false
  @Option(help: "Granules at once.") var threads: Int?
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    if let years, parseYears(years) == nil {
      throw ValidationError("--years is “\(years)”; it has the form 2010 or 2010..2012.")
    }
    if let sample, sample < 0 { throw ValidationError("--sample is \(sample); at least 0.") }
    if let percent, !(0...100).contains(percent) {
      throw ValidationError("--percent is \(percent); 0 to 100.")
    }
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads); at least 1.") }
    guard [sample != nil, percent != nil, all].count(where: { $0 }) <= 1 else {
      throw ValidationError("Say one of --sample, --percent and --all.")
    }
  }

  func run() async throws {
    let stores = Stores(access.storeOptions)
    let workers = threads ?? ProcessInfo.processInfo.activeProcessorCount
    var options = VerificationOptions(seed: seed ?? .random(in: 0..<1 << 32))
    options.years = years.flatMap(parseYears)
    options.readsObjects = !sizesOnly
    if all {
      options.amount = .all
    } else if let percent {
      options.amount = .percent(percent)
    } else if let sample {
      options.amount = .windows(sample)
    }
    let access = Access(access.storeOptions)
    func verified(_ options: VerificationOptions) async throws -> VerificationReport {
      let verification = Verification(
        root: try access.root(root), options: options, parser: access.parser(workers: workers),
        width: 2 * workers, open: { try stores.open($0) })
      let progress = verification.progress
      let report = try await ProgressReport(console: log.console, title: "verifying").during(
        { ProgressReport.State(fraction: progress.fraction, text: progress.text) },
        { try await verification.run() })
      if !json { for finding in report.findings { Console.output("\(finding)\n") } }
      for year in report.years { log.console.note(summary(of: year)) }
      return report
    }
    var report = try await verified(options)
    if repair {
      for (index, year) in report.years.enumerated() where year.canBeRepaired {
        let session = Session(log: log.console, access: access)
        let damaged = Set(try year.damagedKeys.map { try StoreKey($0) })
        _ = try await session.repair(root, year: year.year, damaged: damaged)
        options.years = year.year...year.year
        guard var again = try await verified(options).years.first else { continue }
        again.findingsBeforeRepair = year.findings
        report.years[index] = again
      }
    }
    if json { Console.output(try report.json()) }
    if options.amount != .all, seed == nil {
      log.console.note("--seed \(options.seed) compares the same windows")
    }
    switch report.gravest {
    case .unreadable: throw ExitCode(5)
    case .missing: throw ExitCode(4)
    case .differs, .unexpected: throw ExitCode(3)
    case nil: break
    }
  }

  private func summary(of year: YearReport) -> String {
    let count = year.findings.count
    return "\(year.year): \(year.objects) objects (\(ByteCount.text(year.byteCount))), "
      + "\(year.checksums) checksums, \(year.sources) granules, \(year.windows) windows with "
      + "\(year.comparedValues) values; "
      + (count == 0 ? "all is well" : "\(count) finding\(count == 1 ? "" : "s")")
  }
}
