import ArgumentParser
import Foundation
import NetCDF
import References
import S3
import Storage
import Synchronization

struct RefsCommand: AsyncParsableCommand {
  enum Period: String, CaseIterable, ExpressibleByArgument {
    case month, year
  }

  static let configuration = CommandConfiguration(
    commandName: "refs",
    abstract: "Index granules as kerchunk references, and check such sets.",
    discussion: """
      Writes ROOT/refs/<granule>.json: where each chunk's bytes lie, for readers
      that fetch them from the original files. Sets whose granule hasn't changed
      are left alone. A combined set has one packing for all its granules; where
      that would change values, combining is refused.

      EXAMPLES
        pixeldrill refs granules --to .
        pixeldrill refs 's3://bucket/2020/*.nc' --to s3://other/root --zip refs.zip
        pixeldrill refs granules --to . --combine month
        pixeldrill refs --check refs
      """)

  @Argument(help: "Granules as for scan; with --check sets: folders, files, zip files.")
  var inputs: [String] = []
  @Option(help: "Root of the sets: refs/<granule>.json below it.") var to: String?
  @Option(help: "One set per month or year and era: month or year.") var combine: Period?
  @Option(help: "Put the sets into this zip file as well.") var zip: String?
  @Option(help: "Arrays of so many bytes go into the set; 0 for VirtualiZarr.")
  var inline = ReferenceBuilder.defaultInlineLimit
  @Flag(help: "Check sets against the files they lead to.") var check = false
  @Option(help: "Chunks of each array that --check decodes.") var sample = 4
  @Option(help: "Granules at once.") var threads: Int?
  @Flag(help: "Leave out granules that can't be read.") var skipBad = false
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    guard !inputs.isEmpty else { throw ValidationError("Name granules, or sets to --check.") }
    if check {
      guard to == nil, combine == nil, zip == nil else {
        throw ValidationError("--check only reads: leave --to, --combine and --zip out.")
      }
    } else if to == nil {
      throw ValidationError("Say where with --to ROOT.")
    }
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads); at least 1.") }
    if inline < 0 || inline > 1 << 20 {
      throw ValidationError("--inline is \(inline); 0 to 1048576 bytes.")
    }
    if sample < 1 { throw ValidationError("--sample is \(sample); at least 1.") }
  }

  func run() async throws {
    let stores = Stores(access.storeOptions)
    if check { return try await runCheck(stores) }
    guard let to else { return }
    let console = log.console
    let access = Access(access.storeOptions)
    let sources = try await access.granules(inputs)
    // Distant granules are mostly waited for.
    let isLocal = sources.allSatisfy { $0.store.localPath(of: $0.key) != nil }
    let width = threads ?? (isLocal ? 2 * ProcessInfo.processInfo.activeProcessorCount : 16)
    let parser = access.parser(workers: ProcessInfo.processInfo.activeProcessorCount)
    let builder = ReferenceBuilder(parser: parser, inlineLimit: inline)
    let root = try access.root(to)
    let start = ContinuousClock.now
    let done = Mutex(0.0)
    let combine = combine.map { $0 == .month ? CombinePeriod.month : .year }
    let skipBad = skipBad
    let summary = try await ProgressReport(console: console, title: "referencing").during(
      {
        let fraction = done.withLock { $0 }
        return ProgressReport.State(
          fraction: fraction,
          text: "\(Int(fraction * Double(sources.count))) of \(sources.count) granules")
      },
      {
        if let combine {
          try await CombineRun(builder: builder, root: root, width: width).run(
            sources, by: combine, skipBad: skipBad
          ) { fraction in done.withLock { $0 = fraction } }
        } else {
          try await ReferenceRun(builder: builder, root: root, width: width).run(sources) { count in
            done.withLock { $0 = Double(count) / Double(sources.count) }
          }
        }
      })
    for failure in summary.failures { console.error("\(failure)") }
    if let zip, summary.failures.isEmpty || skipBad { try await bundle(summary, root, zip, stores) }
    report(summary, root, (ContinuousClock.now - start).seconds, console)
    let skipped = !summary.failures.isEmpty || summary.sets.contains { !$0.leftOut.isEmpty }
    if !summary.failures.isEmpty, !skipBad {
      console.error("leave bad granules out with --skip-bad")
      throw ExitCode(1)
    }
    if skipped { throw ExitCode(3) }
  }

  private func report(
    _ summary: ReferenceRun.Summary, _ root: any ByteStore, _ seconds: Double, _ console: Console
  ) {
    for set in summary.sets where !set.leftOut.isEmpty {
      console.warn("\(set.key) leaves out " + set.leftOut.joined(separator: "; "))
    }
    let kept = summary.sets.count { !$0.isNew }
    let granules = summary.sets.reduce(0) { $0 + $1.sources.count }
    let bytes = summary.sets.reduce(0) { $0 + $1.byteCount }
    console.note(
      "\(plural(summary.sets.count, "set")) of \(plural(granules, "granule")) in \(root.location)/refs"
        + (kept > 0 ? ", \(kept) of them unchanged" : "")
        + " (\(bytes / 1000) kB) in \(ProgressReport.duration(seconds))")
  }

  private func plural(_ count: Int, _ word: String) -> String {
    "\(count) \(word)" + (count == 1 ? "" : "s")
  }

  private func bundle(
    _ summary: ReferenceRun.Summary, _ root: any ByteStore, _ zip: String, _ stores: Stores
  ) async throws {
    let store: any ByteStore
    let key: StoreKey
    switch try Location(zip) {
    case .path(let path):
      store = FolderStore(path: (path as NSString).deletingLastPathComponent.nonEmpty ?? ".")
      key = try StoreKey((path as NSString).lastPathComponent)
    case let location:
      let opened = try stores.open(location)
      guard let name = opened.key else { throw ValidationError("--zip \(zip) names no file.") }
      (store, key) = (opened.store, name)
    }
    try await ReferenceBundle(root: root).write(summary.sets, to: store, key)
  }

  private func runCheck(_ stores: Stores) async throws {
    let console = log.console
    var sets: [ReferenceSource] = []
    for input in inputs {
      sets += try await ReferenceFinder(open: { try stores.open($0) }).sets(input)
    }
    let targets = ReferenceTargets { try stores.open($0) }
    let check = ReferenceCheck(targets: targets, sampleCount: sample)
    let done = Mutex(0)
    let found = sets
    let report = try await ProgressReport(console: console, title: "checking").during(
      {
        let count = done.withLock { $0 }
        return ProgressReport.State(
          fraction: Double(count) / Double(found.count), text: "\(count) of \(found.count) sets")
      }, { await check.run(found) { count in done.withLock { $0 = count } } })
    for array in report.unreadable { console.warn(array) }
    for problem in report.problems { console.error(problem) }
    Console.output(
      "\(plural(report.setCount, "set")): \(report.rangeCount) ranges lie in their files, "
        + "\(report.decodedCount) chunks decode, \(report.comparedCount) of them hold what "
        + "libnetcdf reads, \(plural(report.problems.count, "problem"))\n")
    if !report.problems.isEmpty { throw ExitCode(3) }
  }
}

extension String {
  fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
