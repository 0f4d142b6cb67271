import CF
public import NetCDF
public import Storage
public import Zarr

/// Rechunks a stack into one Zarr store per year, below a root.
///
/// It may be interrupted at any moment and run again: finished years are left as they are,
/// unfinished ones go on where they were, and the stores get the same bytes.
public struct Conversion: Sendable {
  private let stack: Stack
  private let options: ConversionOptions
  private let compressors: [String: Compressor]
  private let parser: GranuleParser
  /// Holds `zarrs/<year>` and `manifests/<year>.json`; while a year is written, `journals/<year>`
  /// and `locks/<year>`.
  private let root: any ByteStore
  private let scratchFolder: String
  /// What is done if all granules can be read.
  public let plan: ConversionPlan
  public let progress: ConversionProgress

  /// - Parameters:
  ///   - compressors: What ``CodecSurvey`` chose.
  ///   - clock: Counts the time of the stages, for a ``ConversionProfile``.
  /// - Throws: What ``PlanBuilder/plan()`` throws.
  public init(
    stack: Stack, options: ConversionOptions, compressors: [String: Compressor],
    parser: GranuleParser, root: any ByteStore, scratchFolder: String, clock: StageClock? = nil
  ) throws {
    progress = ConversionProgress(clock: clock)
    self.stack = stack
    self.options = options
    self.compressors = compressors
    self.parser = parser
    self.root = root
    self.scratchFolder = scratchFolder
    plan = try PlanBuilder(stack: stack, options: options, compressors: compressors).plan()
  }

  static func storeKey(_ year: Int) -> StoreKey { StoreKey(literal: "zarrs/\(year)") }

  /// Converts all years of the plan that aren't there yet, or whose granules have changed.
  ///
  /// A granule whose data turn out to be damaged ends the run, or is left out where the options
  /// say so; its year begins again then.
  ///
  /// - Throws: ``ConversionError``, before anything is written; ``LockError`` if another run is
  ///   writing a year; or the first error of the work: no store of an unfinished year can be
  ///   opened then, and ``ConversionStopped`` says so where the same call would go on.
  public func run(
    _ notice: @escaping @Sendable (ConversionNotice) -> Void = { _ in }
  ) async throws -> ConversionResult {
    var bad = try await knownBad()
    var waiting = try years(without: bad)[...]
    for year in waiting { _ = try await target(year, bad, notice).decision() }
    var results: [YearResult] = []
    var begunAnew: Set<Int> = []
    while let year = waiting.first {
      do {
        var target = target(year, bad, notice)
        target.beginsAnew = options.replaces || begunAnew.contains(year.year)
        results.append(try await target.run())
        waiting = waiting.dropFirst()
      } catch let error as GranuleError where options.skipsBad && error.isAboutTheGranule {
        guard
          let member = stack.members.firstIndex(where: { $0.source.location == error.location }),
          bad[member] == nil
        else { throw error }
        bad[member] = Manifest.LeftOut(
          location: error.location, reason: "\(StackProblem.unreadable(error))",
          info: stack.members[member].source.info)
        begunAnew.insert(year.year)
        let done = results.map(\.year)
        waiting = try years(without: bad).filter { !done.contains($0.year) }[...]
      } catch {
        throw ConversionStopped(error, year: year.year) ?? error
      }
    }
    let leftOut = stack.leftOut + bad.sorted { $0.key < $1.key }.map(\.value)
    return ConversionResult(years: results, leftOut: leftOut)
  }

  /// Members whose data an earlier run found damaged, and that haven't changed since.
  func knownBad() async throws -> [Int: Manifest.LeftOut] {
    guard options.skipsBad, !options.replaces else { return [:] }
    var known: [Manifest.LeftOut] = []
    for year in plan.years {
      known += try await YearState.find(year.year, in: root).inputs?.leftOut ?? []
    }
    var bad: [Int: Manifest.LeftOut] = [:]
    for granule in known where granule.info != nil {
      guard let index = stack.members.firstIndex(where: { granule.isData(of: $0.source) }) else {
        continue
      }
      bad[index] = granule
    }
    return bad
  }

  func years(without bad: [Int: Manifest.LeftOut]) throws -> [YearPlan] {
    try PlanBuilder(
      stack: stack, options: options, compressors: compressors, unusable: Set(bad.keys)
    ).plan().years
  }

  func target(
    _ year: YearPlan, _ bad: [Int: Manifest.LeftOut],
    _ notice: @escaping @Sendable (ConversionNotice) -> Void
  ) -> YearConversion {
    let ofYear = bad.sorted { $0.key < $1.key }.filter { member, _ in
      stack.members[member].instants.contains { $0.year == year.year }
    }
    return YearConversion(
      stack: stack, year: year, options: options, parser: parser, root: root,
      inputs: YearInputs(
        stack: stack, year: year, options: options, leftOut: stack.leftOut + ofYear.map(\.value)),
      memory: plan.memory, scratchFolder: scratchFolder, progress: progress, notice: notice,
      beginsAnew: options.replaces)
  }
}

extension Stack {
  fileprivate var leftOut: [Manifest.LeftOut] {
    quarantined.map {
      Manifest.LeftOut(location: $0.location, reason: "\($0.problem)", info: nil)
    }
  }
}

extension GranuleError {
  /// Whether the file is at fault, rather than the way to it.
  var isAboutTheGranule: Bool {
    switch reason {
    case .notNetCDF, .damaged, .unsupported, .crashed, .timedOut: true
    case .noParser, .absent, .storage: false
    }
  }
}
