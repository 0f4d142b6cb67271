public import Drill
internal import Foundation
internal import NetCDF

/// Where the programs are that a benchmark runs beside itself, and what it may use.
public struct BenchTools: Sendable {
  /// pixeldrill itself.
  public var executable: String
  public var version: String
  /// A Python with the packages of `scripts/requirements.txt`; `nil`: no Python takes part.
  public var python: String?
  /// Folder of the Python scripts.
  public var peers: String
  /// Where stacks are made; what is made is removed in the end.
  public var scratch: String
  /// `s3://bucket/prefix` that may be filled, how it is opened, and its server for Python.
  public var bucket: (root: String, opener: @Sendable () -> SourceFinder.Opener, endpoint: String?)?

  public init(
    executable: String, version: String, python: String?, peers: String, scratch: String,
    bucket: (root: String, opener: @Sendable () -> SourceFinder.Opener, endpoint: String?)? = nil
  ) {
    self.executable = executable
    self.version = version
    self.python = python
    self.peers = peers
    self.scratch = scratch
    self.bucket = bucket
  }
}

/// One benchmark, from making its stacks to its report.
public final class BenchRun {
  private let config: BenchConfig
  private let tools: BenchTools
  private let note: (String) -> Void
  private let parser: GranuleParser
  private let folder: String
  private var report: BenchReport
  private var peers = RouteOpener.Peers()
  private var stacks: [String: BenchStack] = [:]

  /// - Parameter note: Told what is being done.
  public init(_ config: BenchConfig, tools: BenchTools, note: @escaping (String) -> Void) {
    self.config = config
    self.tools = tools
    self.note = note
    parser = GranuleParser(
      executable: tools.executable, workers: ProcessInfo.processInfo.activeProcessorCount,
      deadlineSeconds: 60)
    folder = "\(tools.scratch)/pixeldrill-bench-\(UUID().uuidString.prefix(8))"
    report = BenchReport(
      title: config.title, machine: Machine.current(), versions: ["pixeldrill": tools.version])
  }

  /// - Throws: ``BenchError/differs(_:)`` if any route gives another number than the others.
  public func run(prices: CostModel.Prices) async throws -> BenchReport {
    let start = ContinuousClock.now
    defer { removeScratch() }
    let maker = StackMaker(executable: tools.executable, folder: folder, note: note)
    try maker.makeGranules(config.stacks)
    for spec in config.stacks { stacks[spec.name] = try maker.make(spec) }
    for spec in config.stacks { report.stacks.append(try facts(of: spec)) }
    PageCache.settle()
    try startPeers()
    let local = Site(.folder, folder: folder)
    for job in config.jobs { try await measure(job, at: local) }
    for growth in config.growth { try await measure(growth, at: local) }
    for latency in config.simulated.latencyMilliseconds {
      for rate in config.simulated.megabytesPerSecond {
        let network = Network.simulated(latencyMilliseconds: latency, megabytesPerSecond: rate)
        for job in config.jobs where config.simulated.jobs.contains(job.name) {
          try await measure(
            job.leavingOut(config.simulated.without ?? []),
            at: Site(network, folder: folder))
        }
      }
    }
    try await measureBucket(maker)
    try ConversionBench(config.conversion, tools: tools, folder: folder, note: note)
      .run(stacks, into: &report)
    report.costs = CostModel(report, config, prices: prices)
    report.machine.loadAfter = Machine.load()
    report.minutes = (ContinuousClock.now - start) / .seconds(60)
    return report
  }

  private func facts(of spec: BenchConfig.Stack) throws(BenchError) -> BenchReport.StackFacts {
    let path = "\(folder)/\(spec.name)"
    let granules = try FolderSize("\(path)/granules")
    var bytes: [String: Int] = [:]
    var objects: [String: Int] = [:]
    for format in ["v3", "v2"] {
      let size = try FolderSize("\(path)/\(format)/zarrs")
      bytes[format] = size.byteCount
      objects[format] = size.objectCount
    }
    return BenchReport.StackFacts(
      name: spec.name, years: spec.years, daysPerYear: spec.days,
      granuleCount: granules.objectCount, rows: spec.rows, columns: spec.columns,
      variables: spec.converted, granuleByteCount: granules.byteCount, storeByteCounts: bytes,
      storeObjectCounts: objects,
      referenceByteCount: try FolderSize("\(path)/references/refs").byteCount)
  }

  private func removeScratch() {
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      note("warning: \(folder) can't be removed: \(error)")
    }
  }

  private func startPeers() throws(BenchError) {
    guard let python = tools.python else {
      report.notes.append("No Python was named, so no Python program and no OPeNDAP took part.")
      return
    }
    struct Versions: Decodable { let versions: [String: String] }
    for (route, kind) in [(Route.xarrayZarr, "zarr"), (.xarrayReferences, "references")] {
      let peer = try PeerProcess(
        python: python, arguments: ["\(tools.peers)/drill_peer.py", kind])
      let versions = try peer.ask(["versions": true], for: Versions.self).versions
      report.versions.merge(versions) { $1 }
      peers.readers[route] = peer
    }
    peers.opendap = try OPeNDAPServer(
      python: python, script: "\(tools.peers)/opendap_server.py", folder: folder)
    peers.endpoint = tools.bucket?.endpoint
  }

  /// Checks that all routes of a job agree, and times them in turns.
  private func measure(_ job: BenchConfig.Job, at site: Site) async throws {
    guard let stack = stacks[job.stack] else { return }
    let opener = RouteOpener(site: site, stack: stack, parser: parser, peers: peers)
    let local = RouteOpener(
      site: Site(.folder, folder: folder), stack: stack, parser: parser, peers: peers)
    let selection = try await JobSelection(job, stack, archive: local.archive(job))
    let routes = Route.allCases.filter {
      opener.offers($0) && !(job.without ?? []).contains($0)
    }
    note("\(site.network): \(job.name)")
    try peers.opendap?.imitate(site.network)
    var rounds = RoundTable()
    var readers: [(route: Route, reader: any RouteReader)] = []
    var answers: [(route: Route, answer: Answer)] = []
    for route in routes {
      let reader = try opener.reader(route, job, selection)
      try dropPages(of: route, job, site)
      let run = try await reader.run(opening: true, wantsAnswer: true)
      if let answer = run.answer { answers.append((route, answer)) }
      rounds.add(run, route, .cold)
      readers.append((route, reader))
    }
    let count = try EqualityCheck(
      job: job.name, network: "\(site.network)", places: selection.places, steps: selection.steps
    ).check(answers)
    report.equality.append(
      .init(job: job.name, network: "\(site.network)", routes: routes, numberCount: count))
    for round in 0..<config.rounds {
      for (route, reader) in readers
      where round == 0 || rounds.seconds(route) < config.secondsPerRoute {
        if round > 0 {
          try dropPages(of: route, job, site)
          rounds.add(try await reader.run(opening: true, wantsAnswer: false), route, .cold)
        }
        // What takes no time is measured more often.
        for repeated in 0..<3 where repeated == 0 || rounds.last(route) < 0.3 {
          rounds.add(try await reader.run(opening: false, wantsAnswer: false), route, .warm)
        }
      }
    }
    for route in routes {
      for temperature in [BenchReport.Measurement.Temperature.cold, .warm] {
        if let measurement = rounds.measurement(job, site.network, route, temperature, selection) {
          report.measurements.append(measurement)
        }
      }
    }
  }

  private func dropPages(
    of route: Route, _ job: BenchConfig.Job, _ site: Site
  ) throws(BenchError) {
    guard site.network == .folder else { return }
    try PageCache.drop(below: BenchStack.folders(of: route).map { "\(folder)/\(job.stack)/\($0)" })
  }

  private func measure(_ growth: BenchConfig.Growth, at site: Site) async throws {
    let title = "one pixel of “\(growth.stack)” over \(growth.over.rawValue)"
    var points: [BenchReport.Measurement] = []
    for value in growth.values {
      let name = "\(title): \(value)"
      let job = BenchConfig.Job(
        name: name, stack: growth.stack, variable: growth.variable, points: 1, box: nil,
        years: growth.over == .years ? value : nil, days: growth.over == .days ? value : nil,
        without: growth.without)
      try await measure(job, at: site)
      points += report.measurements.filter { $0.job == name && $0.network == "\(site.network)" }
    }
    for route in Route.allCases {
      for temperature in [BenchReport.Measurement.Temperature.cold, .warm] {
        let own = growth.values.compactMap { value in
          points.first {
            $0.job == "\(title): \(value)" && $0.route == route && $0.temperature == temperature
          }.map { (length: Double(value), seconds: $0.seconds.median) }
        }
        if own.count > 1,
          let fit = BenchReport.GrowthFit(
            title: title, unit: growth.over.rawValue, route: route, temperature: temperature,
            points: own)
        {
          report.growth.append(fit)
        }
      }
    }
  }

  private func measureBucket(_ maker: StackMaker) async throws {
    guard let given = tools.bucket, !config.bucket.isEmpty else {
      report.notes.append("No S3 server was named, so none was measured.")
      return
    }
    let bucket = Site.Bucket(
      root: "\(given.root)/\(UUID().uuidString.prefix(8))", opener: given.opener)
    let copy = BucketCopy(folder: folder, bucket: bucket)
    do {
      let jobs = config.jobs.filter { config.bucket.contains($0.name) }
      for name in Set(jobs.map(\.stack)).sorted() {
        guard let stack = stacks[name] else { continue }
        note("copying “\(name)” to \(bucket.root)")
        try await copy.upload(stack)
        try maker.derive(
          stack.spec, from: "\(bucket.root)/\(name)/granules", to: "\(bucket.root)/\(name)",
          stores: false)
      }
      for job in jobs {
        try await measure(job, at: Site(.bucket, folder: folder, bucket: bucket))
      }
    } catch {
      try await copy.remove()
      throw error
    }
    try await copy.remove()
  }
}

extension BenchConfig.Job {
  func leavingOut(_ routes: [Route]) -> BenchConfig.Job {
    BenchConfig.Job(
      name: name, stack: stack, variable: variable, points: points, box: box, years: years,
      days: days, without: (without ?? []) + routes)
  }
}
