internal import Foundation
internal import Synchronization

/// A stack on disk with all its forms: `granules/<year>`, `v3/zarrs/<year>`, `v2/zarrs/<year>`,
/// `references/refs`, `combined/refs`.
struct BenchStack: Sendable {
  let spec: BenchConfig.Stack
  /// Names of the granules' files by year, in order of time.
  let granules: [(year: Int, names: [String])]

  /// The parts of a stack that a route reads: what is dropped from the page cache before.
  static func folders(of route: Route) -> [String] {
    switch route {
    case .zarrV3, .xarrayZarr: ["v3"]
    case .zarrV2: ["v2"]
    case .references, .xarrayReferences: ["references", "granules"]
    case .combinedReferences: ["combined", "granules"]
    case .wholeFile, .inPlace, .opendap: ["granules"]
    }
  }

  /// - Parameter folder: Of all stacks.
  init(_ spec: BenchConfig.Stack, in folder: String) throws(BenchError) {
    self.spec = spec
    var granules: [(year: Int, names: [String])] = []
    for year in spec.firstYear..<spec.firstYear + spec.years {
      let path = "\(folder)/\(spec.name)/granules/\(year)"
      do {
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        granules.append((year, names.filter { $0.hasSuffix(".nc") }.sorted()))
      } catch { throw .file(path: path, reason: "\(error)") }
    }
    self.granules = granules
  }

  /// The granules of a job: of its first years, up to its last day.
  func granules(of job: BenchConfig.Job) -> [(year: Int, name: String)] {
    let last = job.days.map { Self.digits(of: lastDay(days: $0)) }
    return granules.prefix(job.years ?? 1).flatMap { year, names in
      names.filter { name in last.map { name.prefix(8) <= $0 } ?? true }.map { (year, $0) }
    }
  }

  /// The last of the first days, as `2020-03-01`.
  func lastDay(days: Int) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let first = calendar.date(from: DateComponents(year: spec.firstYear, month: 1, day: 1))
    let date = first.flatMap { calendar.date(byAdding: .day, value: days - 1, to: $0) }
    return (date ?? .distantFuture).formatted(.iso8601.year().month().day())
  }

  private static func digits(of day: String) -> Substring { day.filter { $0 != "-" }[...] }
}

/// Makes stacks and their forms with pixeldrill itself.
struct StackMaker {
  let executable: String
  /// Below which each stack has a folder of its name.
  let folder: String
  let note: (String) -> Void

  /// Makes granules, of as many years at once as there are cores: writing them uses one.
  func makeGranules(_ specs: [BenchConfig.Stack]) throws(BenchError) {
    var commands: [[String]] = []
    for spec in specs {
      let path = "\(folder)/\(spec.name)/granules"
      do {
        try FileManager.default.createDirectory(
          atPath: path, withIntermediateDirectories: true)
      } catch { throw .file(path: path, reason: "\(error)") }
      note(
        "making stack “\(spec.name)”: \(spec.years) × \(spec.days) days of \(spec.rows) × "
          + "\(spec.columns)")
      commands += (spec.firstYear..<spec.firstYear + spec.years).map { year in
        sampleCommand(spec, year: year, folder: "\(path)/\(year)")
      }
    }
    let state = Mutex<(next: Int, failure: BenchError?)>((0, nil))
    let all = commands
    DispatchQueue.concurrentPerform(iterations: ProcessInfo.processInfo.activeProcessorCount) { _ in
      while let index = state.withLock({ state -> Int? in
        guard state.failure == nil, state.next < all.count else { return nil }
        state.next += 1
        return state.next - 1
      }) {
        do throws(BenchError) { _ = try ChildProcess.run(all[index]) } catch {
          state.withLock { $0.failure = error }
        }
      }
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  private func sampleCommand(_ spec: BenchConfig.Stack, year: Int, folder: String) -> [String] {
    var command = [
      executable, "sample", folder, "--start", "\(year)-01-01", "--days", "\(spec.days)",
      "--lat", "\(spec.rows)", "--lon", "\(spec.columns)", "--seed", "\(year)",
    ]
    if let tile = spec.tile { command += ["--chunk", tile] }
    if let variables = spec.variables {
      command += ["--variables", variables.joined(separator: ",")]
    }
    return command
  }

  /// Makes the other forms of a stack whose granules are there.
  func make(_ spec: BenchConfig.Stack) throws(BenchError) -> BenchStack {
    let path = "\(folder)/\(spec.name)"
    try derive(spec, from: "\(path)/granules", to: path)
    return try BenchStack(spec, in: folder)
  }

  /// Stores and references of granules; both are folders, or both lie in a bucket.
  func derive(
    _ spec: BenchConfig.Stack, from granules: String, to root: String, stores: Bool = true
  ) throws(BenchError) {
    if stores {
      for format in ["3", "2"] {
        note("converting “\(spec.name)” to Zarr v\(format)")
        _ = try ChildProcess.run([
          executable, "convert", granules, "--to", "\(root)/v\(format)", "--variables",
          spec.converted.joined(separator: ","), "--zarr-format", format,
        ])
      }
    }
    note("referencing “\(spec.name)”")
    _ = try ChildProcess.run([executable, "refs", granules, "--to", "\(root)/references"])
    if spec.combines == true {
      _ = try ChildProcess.run([
        executable, "refs", granules, "--to", "\(root)/combined", "--combine", "year",
      ])
    }
  }
}
