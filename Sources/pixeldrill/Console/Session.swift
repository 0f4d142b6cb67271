import ArgumentParser
import Foundation
import NetCDF
import Rechunk
import Storage
import Synchronization
import Zarr

/// Carries out what commands ask of the library, with progress on the console.
struct Session {
  let log: Console
  let access: Access
  /// Counts what a conversion's stages take; it then says so.
  var clock: StageClock?

  func scan(_ input: InputOptions, skipBad: Bool) async throws -> Stack {
    guard !input.inputs.isEmpty else {
      throw ValidationError("Name granules: files, folders or patterns.")
    }
    var options = StackScanner.Options()
    options.request = StackRequest(inputs: input.inputs, time: input.time)
    options.skipBad = skipBad
    return try await scan(input.inputs, options, parser: parser(for: input.inputs))
  }

  func plan(_ request: Pipeline) async throws -> PlanReport {
    let parser = parser(for: request.inputs)
    let (stack, compressors) = try await survey(request, nil, parser: parser)
    let plan = try PlanBuilder(stack: stack, options: request.options, compressors: compressors)
      .plan()
    return PlanReport(
      plan,
      expectedMemory: try await MemorySurvey(stack: stack, parser: parser).expectedPeak(of: plan))
  }

  func convert(_ request: Pipeline) async throws -> ConversionSummary {
    let start = ContinuousClock.now
    guard let target = request.target else {
      throw ValidationError("Say where with --to ROOT, or “to” in the pipeline.")
    }
    let parser = parser(for: request.inputs)
    let root = try access.root(target)
    let (stack, compressors) = try await survey(request, root, parser: parser)
    // Reading and transferring are counted for themselves.
    if let clock {
      clock.add(.scan, seconds: CPUTime.seconds() - clock.totalSeconds, byteCount: 0)
    }
    let conversion = try Conversion(
      stack: stack, options: request.options, compressors: compressors, parser: parser,
      root: root,
      scratchFolder: ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp",
      clock: clock)
    let total = conversion.plan.decodedByteCount
    let progress = conversion.progress
    let began = ContinuousClock.now
    let result = try await ProgressReport(console: log, title: "converting").during(
      {
        let done = progress.heldByteCount + progress.encodedByteCount
        let rate = Double(done) / 2 / max(0.001, (ContinuousClock.now - began).seconds) / 1e6
        return ProgressReport.State(
          fraction: Double(done) / 2 / Double(max(1, total - progress.resumedByteCount)),
          text: "at \(Int(rate)) MB/s")
      }, { [log] in try await conversion.run { log.note($0.description) } })
    let summary = ConversionSummary(
      result: result, progress: progress,
      seconds: (ContinuousClock.now - start).seconds)
    if let clock {
      let profile = ConversionProfile(
        clock: clock, progress: progress, summary: summary,
        coreCount: ProcessInfo.processInfo.activeProcessorCount)
      log.note(profile.description)
    }
    return summary
  }

  /// Makes damaged objects of a year's store again, by what its manifest says of how it was made.
  func repair(_ target: String, year: Int, damaged: Set<StoreKey>) async throws -> YearResult {
    let root = try access.root(target)
    guard let manifest = try await Manifest.read(year, in: root) else {
      throw RepairError.noManifest(year: year)
    }
    let threads = ProcessInfo.processInfo.activeProcessorCount
    guard
      var options = ConversionOptions(described: manifest.inputs.options, threads: threads)
    else { throw RepairError.unknownOptions(year: year) }
    options.years = year...year
    options.skipsBad = !manifest.inputs.leftOut.isEmpty
    var request = Pipeline(product: manifest.request.product, options: options)
    request.inputs = manifest.request.inputs
    request.time = manifest.request.time
    let parser = parser(for: request.inputs)
    let (stack, compressors) = try await survey(request, root, parser: parser)
    return try await Conversion(
      stack: stack, options: options, compressors: compressors, parser: parser, root: root,
      scratchFolder: ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
    ).repair(year, damaged: damaged) { [log] in log.note($0.description) }
  }

  private func survey(
    _ request: Pipeline, _ root: (any ByteStore)?, parser: GranuleParser
  ) async throws -> (stack: Stack, compressors: [String: Compressor]) {
    var options = StackScanner.Options()
    options.request = StackRequest(
      inputs: request.inputs, time: request.time, product: request.product)
    options.skipBad = request.options.skipsBad
    let stack = try await scan(request.inputs, options, parser: parser)
    let compressors = try await CodecSurvey(stack: stack, parser: parser)
      .compressors(for: request.options, root: root)
    return (stack, compressors)
  }

  /// A parser of a granule in a bucket waits most of the time.
  private func parser(for inputs: [String]) -> GranuleParser {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return access.parser(workers: inputs.contains { $0.contains("://") } ? 4 * cores : cores)
  }

  private func scan(
    _ inputs: [String], _ options: StackScanner.Options, parser: GranuleParser
  ) async throws -> Stack {
    let sources = try await access.granules(inputs)
    let done = Mutex(0)
    return try await ProgressReport(console: log, title: "scanning").during(
      {
        let count = done.withLock { $0 }
        return ProgressReport.State(
          fraction: Double(count) / Double(sources.count),
          text: "\(count) of \(sources.count) granules")
      },
      {
        try await StackScanner(parser: parser, options: options).scan(sources) { count in
          done.withLock { $0 = count }
        }
      })
  }
}
