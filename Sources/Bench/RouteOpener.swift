internal import Drill
internal import NetCDF
internal import Storage

/// Makes the readers of jobs, for one site.
struct RouteOpener {
  let site: Site
  let stack: BenchStack
  let parser: GranuleParser
  let peers: Peers

  /// The Python processes that are running; those of what isn't installed are missing.
  struct Peers {
    var readers: [Route: PeerProcess] = [:]
    var opendap: OPeNDAPServer?
    /// Of the bucket's server, for Python.
    var endpoint: String?
  }

  /// Whether the route exists here.
  func offers(_ route: Route) -> Bool {
    switch route {
    case .zarrV3, .zarrV2, .references, .wholeFile: true
    case .combinedReferences: stack.spec.combines == true
    case .inPlace: site.network == .folder
    case .opendap: peers.opendap != nil && site.network != .bucket
    case .xarrayZarr, .xarrayReferences:
      peers.readers[route] != nil && (site.network == .folder || site.network == .bucket)
    }
  }

  func reader(
    _ route: Route, _ job: BenchConfig.Job, _ selection: JobSelection
  ) throws -> any RouteReader {
    if let peer = peers.readers[route] {
      let paths = sources(route, job)
      return PeerReader(
        peer,
        sources: paths.map {
          self.site.network == .folder ? "\(self.site.folder)/\($0)" : self.site.text($0)
        }, variable: job.variable,
        endpoint: self.site.network == .bucket ? peers.endpoint : nil, selection)
    }
    let counted: ArchiveReader.Counted =
      switch route {
      case .inPlace: .nothing
      case .opendap: peers.opendap.map { .server($0) } ?? .nothing
      default: .store
      }
    let readsGranules = [.wholeFile, .inPlace, .opendap].contains(route)
    let (site, parser, variable) = (site, parser, job.variable)
    let sources = sources(route, job)
    let opendap = peers.opendap?.url
    return ArchiveReader(selection.request, keepsOpen: readsGranules, counted: counted) { meter in
      let open = site.opener(meter)
      guard readsGranules else {
        return try await SourceFinder(open: open, parser: parser)
          .archive(sources.map(site.text), variables: [variable])
      }
      let reading: GranuleSeries.Reading =
        switch (route, opendap) {
        case (.inPlace, _): .library
        case (.opendap, let server?): .opendap(server: server)
        default: .wholeFile
        }
      return try await Self.granules(
        sources.map(site.text), open, parser: parser, variable: variable, reading: reading)
    }
  }

  /// An archive to choose pixels with.
  func archive(_ job: BenchConfig.Job) async throws -> Archive {
    try await SourceFinder(open: site.opener(Meter()), parser: parser)
      .archive(sources(.zarrV3, job).map(site.text), variables: [job.variable])
  }

  /// Paths below the stacks' folder, or the bucket's root.
  private func sources(_ route: Route, _ job: BenchConfig.Job) -> [String] {
    let name = stack.spec.name
    let years = stack.granules.prefix(job.years ?? 1).map(\.year)
    switch route {
    case .zarrV3, .xarrayZarr: return years.map { "\(name)/v3/zarrs/\($0)" }
    case .zarrV2: return years.map { "\(name)/v2/zarrs/\($0)" }
    case .references, .xarrayReferences:
      return stack.granules(of: job).map { "\(name)/references/refs/\($0.name).json" }
    case .combinedReferences: return ["\(name)/combined/refs"]
    case .wholeFile, .inPlace, .opendap:
      return stack.granules(of: job).map { "\(name)/granules/\($0.year)/\($0.name)" }
    }
  }

  /// Opens granules so that their numbers are read in a certain way.
  private static func granules(
    _ texts: [String], _ open: @escaping SourceFinder.Opener, parser: GranuleParser,
    variable: String, reading: GranuleSeries.Reading
  ) async throws -> Archive {
    let found = try await GranuleFinder(open: { try open($0) }).granules(texts)
    let grids = GridPool()
    let series = try await withThrowingTaskGroup(of: (Int, GranuleSeries).self) { group in
      for (index, source) in found.enumerated() {
        group.addTask {
          (
            index,
            try await GranuleSeries.open(
              source, parser: parser, wanted: [variable], reading: reading, grids: grids)
          )
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    return try Archive(series.sorted { $0.0 < $1.0 }.map(\.1))
  }
}
