import CF
public import NetCDF
import Storage

/// Opens every granule once and puts them together as a stack.
public struct StackScanner: Sendable {
  public struct Options: Sendable {
    public var request = StackRequest()
    /// Leaves granules out that can't be used, instead of refusing the stack.
    public var skipBad = false
    /// How many granules are opened at once.
    public var width = 32

    public init() {}
  }

  private let parser: GranuleParser
  private let options: Options

  public init(parser: GranuleParser, options: Options = Options()) {
    self.parser = parser
    self.options = options
  }

  /// Reads headers, time and coordinates; what can't be read is quarantined, not fatal.
  ///
  /// - Parameter progress: Called with the number of granules done so far.
  /// - Throws: ``StackError``.
  public func scan(
    _ sources: [GranuleSource], progress: @Sendable (Int) -> Void = { _ in }
  ) async throws -> Stack {
    guard !sources.isEmpty else { throw StackError.noInput }
    let pool = GranulePool()
    let results = try await inOrder(sources, width: options.width, progress: progress) { source in
      await probe(source, pool)
    }
    var probes: [GranuleProbe] = []
    var quarantined: [QuarantinedGranule] = []
    for (source, result) in zip(sources, results) {
      switch result {
      case .success(let probe): probes.append(probe)
      case .failure(let problem):
        quarantined.append(QuarantinedGranule(location: source.location, problem: problem))
      }
    }
    guard !probes.isEmpty else { throw StackError.nothingReadable(quarantined) }
    return try StackBuilder(options: options, attributes: await pool.commonAttributes).stack(
      of: probes, quarantined: quarantined)
  }

  private func probe(
    _ source: GranuleSource, _ pool: GranulePool
  ) async -> Result<GranuleProbe, StackProblem> {
    do {
      return .success(try await readProbe(source, pool))
    } catch let problem as StackProblem {
      return .failure(problem)
    } catch let error as GranuleError {
      return .failure(.unreadable(error))
    } catch {
      preconditionFailure("a probe fails with one of two errors")
    }
  }

  private func readProbe(
    _ source: GranuleSource, _ pool: GranulePool
  ) async throws -> GranuleProbe {
    // Coordinates and their indexes mostly lie where the header does.
    let reading = source.keepingHead()
    let granule = try await parser.header(of: reading)
    let (variable, units) = try granule.timeVariable(named: options.request.time)
    guard case .number(let type) = variable.type else {
      throw StackProblem.noTime(candidates: [], asked: variable.name)
    }
    let bytes = try await values(of: variable, in: granule, from: reading)
    let time = TimeValues(name: variable.name, units: units, type: type, bytes: bytes)
    let missing = variable.packing?.missing ?? []
    guard let instants = time.instants(missing: missing), !instants.isEmpty else {
      throw StackProblem.badTime(variable: variable.name)
    }

    let timeDimension = variable.dimensions.first
    var axes: [Grid.Axis] = []
    var digests: [String: UInt32] = [:]
    for fixed in granule.variables
    where !fixed.dimensions.contains(where: { $0 == timeDimension }) && fixed.name != variable.name
    {
      guard case .number(let type) = fixed.type else { continue }
      let bytes = try await values(of: fixed, in: granule, from: reading)
      digests[fixed.name] = CRC32C.checksum(bytes)
      if [fixed.name] == fixed.dimensions {
        axes.append(
          Grid.Axis(
            dimension: fixed.name, length: fixed.shape[0],
            coordinates: StoredNumbers(bytes: bytes, type: type).doubles,
            units: fixed.attributes["units"]?.text))
      }
    }
    for dimension in granule.dimensions
    where dimension.name != timeDimension
      && !axes.contains(where: { $0.dimension == dimension.name })
    {
      axes.append(
        Grid.Axis(
          dimension: dimension.name, length: dimension.length, coordinates: nil, units: nil))
    }
    return GranuleProbe(
      source: source, granule: await pool.compact(granule), time: time,
      timeDimension: timeDimension,
      instants: instants, axes: await pool.share(axes), fixedDigests: await pool.share(digests))
  }

  private func values(
    of variable: Variable, in granule: Granule, from source: GranuleSource
  ) async throws -> [UInt8] {
    try await parser.values(
      of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
  }
}

/// What scanning reads of one granule.
struct GranuleProbe: Sendable {
  let source: GranuleSource
  let granule: Granule
  let time: TimeValues
  let timeDimension: String?
  let instants: [TimeInstant]
  let axes: [Grid.Axis]
  let fixedDigests: [String: UInt32]
}

/// Runs `body` over all items, at most `width` at once; results are in the order of the items.
func inOrder<Item: Sendable, Result: Sendable>(
  _ items: [Item], width: Int, progress: (Int) -> Void = { _ in },
  _ body: @escaping @Sendable (Item) async throws -> Result
) async throws -> [Result] {
  try await withThrowingTaskGroup(of: (Int, Result).self) { group in
    var results: [Result?] = Array(repeating: nil, count: items.count)
    var started = 0
    var done = 0
    func startNext() {
      guard started < items.count else { return }
      let index = started
      started += 1
      group.addTask { (index, try await body(items[index])) }
    }
    for _ in 0..<max(1, width) { startNext() }
    while let (index, result) = try await group.next() {
      results[index] = result
      done += 1
      progress(done)
      try Task.checkCancellation()
      startNext()
    }
    return results.compactMap { $0 }
  }
}
