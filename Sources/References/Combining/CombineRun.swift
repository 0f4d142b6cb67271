internal import CF
public import NetCDF
public import Storage
internal import Synchronization

/// Makes one reference set per month or year and era at `refs` below a root, for granules that
/// can share one without any value changing.
public struct CombineRun: Sendable {
  private let builder: ReferenceBuilder
  private let root: any ByteStore
  private let width: Int

  public init(builder: ReferenceBuilder, root: any ByteStore, width: Int) {
    precondition(width >= 1, "nothing would be done")
    self.builder = builder
    self.root = root
    self.width = width
  }

  /// - Parameters:
  ///   - skipBad: Leaves granules out that can't be read; else nothing is written if there are any.
  ///   - progress: Called with a fraction, 0...1.
  /// - Throws: ``ReferenceError/combine(_:)`` before anything is written, if granules can't share
  ///   a set.
  public func run(
    _ sources: [GranuleSource], by period: CombinePeriod, skipBad: Bool,
    progress: @escaping @Sendable (Double) -> Void = { _ in }
  ) async throws(ReferenceError) -> ReferenceRun.Summary {
    var summary = ReferenceRun.Summary()
    let count = Mutex(0)
    let step: @Sendable () -> Void = {
      let done = count.withLock {
        $0 += 1
        return $0
      }
      progress(Double(done) / Double(2 * sources.count))
    }
    var members: [CombineMember] = []
    let probes = await inOrder(sources, width: width) { source in
      let probe = await probe(source)
      step()
      return probe
    }
    for probe in probes {
      switch probe {
      case .success(let member): members.append(member)
      case .failure(let error): summary.failures.append(error)
      }
    }
    guard summary.failures.isEmpty || (skipBad && !members.isEmpty) else { return summary }
    let plan: CombinePlan
    do { plan = try CombinePlan(members, by: period) } catch { throw .combine(error) }
    let existing = try await ReferenceRun.existingSets(in: root)
    for planned in plan.sets {
      summary.sets.append(try await write(planned, existing, step))
    }
    return summary
  }

  private func probe(_ source: GranuleSource) async -> Result<CombineMember, ReferenceError> {
    do throws(GranuleError) {
      let granule = try await builder.parser.header(of: source)
      guard let time = TimeCoordinate(in: granule) else {
        return .failure(.combine(.noTime(granule: source.location)))
      }
      let bytes = try await builder.parser.values(
        of: time.variable, in: granule, from: source,
        region: time.variable.shape.map { 0..<$0 })
      do throws(CombineError) {
        return .success(
          try CombineMember(source: source, granule: granule, time: time, bytes: bytes))
      } catch { return .failure(.combine(error)) }
    } catch { return .failure(.granule(error)) }
  }

  private func write(
    _ planned: CombinePlan.PlannedSet, _ existing: [StoreKey: Int], _ step: @Sendable () -> Void
  ) async throws(ReferenceError) -> WrittenSet {
    let sources = planned.members.map(\.source)
    let key = ReferenceRun.folder.appending("\(planned.name).json")
    let pins = sources.map { SourcePin(url: $0.referenceURL, $0.info) }
    if let byteCount = existing[key],
      let file = try await PinFile.read(
        key, byteCount: byteCount, sources: pins, inlineLimit: builder.inlineLimit, in: root)
    {
      for _ in sources { step() }
      return WrittenSet(
        key: key, sources: sources, leftOut: file.leftOut, isNew: false, byteCount: byteCount)
    }
    var assembly = CombinedArrays(planned.members[0], parser: builder.parser)
    // So many at once that memory stays that of their chunk indexes.
    for start in stride(from: 0, to: sources.count, by: 4 * width) {
      let batch = Array(planned.members[start..<min(start + 4 * width, sources.count)])
      let results = await inOrder(batch, width: width) { member in
        do throws(ReferenceError) {
          return Result<ReferenceBuilder.Result, ReferenceError>.success(
            try await builder.build(member.source))
        } catch { return .failure(error) }
      }
      for (member, result) in zip(batch, results) {
        switch result {
        case .success(let result): try await assembly.append(result, member)
        case .failure(let error): throw error
        }
      }
      for _ in batch { step() }
    }
    let arrays = assembly.finish()
    let bytes = ReferenceText.bytes(
      attributes: assembly.attributes, arrays: arrays, targets: pins.map(\.url))
    try await PinFile(
      inlineLimit: builder.inlineLimit, byteCount: bytes.count, sources: pins,
      leftOut: assembly.leftOut
    ).write(with: bytes, key, in: root)
    return WrittenSet(
      key: key, sources: sources, leftOut: assembly.leftOut, isNew: true, byteCount: bytes.count)
  }
}
