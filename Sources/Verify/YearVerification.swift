import NetCDF
import Rechunk
import Storage
import Synchronization
import Zarr
import ZarrWriter

/// The verification of one store.
struct YearVerification {
  let year: Int
  let root: any ByteStore
  let options: VerificationOptions
  let context: Verification.Context
  let progress: VerificationProgress

  func run() async throws -> YearReport {
    var report = YearReport(year: year)
    let findings = FindingList()
    let key = Manifest.key(year).text
    let manifest: Manifest
    do {
      guard let found = try await Manifest.read(year, in: root) else {
        findings.add(
          Finding(
            .missing, key, "without it nobody knows what zarrs/\(year) should hold; convert again"))
        report.findings = findings.all
        return report
      }
      manifest = found
    } catch {
      let status: Finding.Status = error is ManifestError ? .differs : .unreadable
      findings.add(Finding(status, key, "\(error)"))
      report.findings = findings.all
      return report
    }
    let stored = StoredYear(
      year: year, store: PrefixStore(root, prefix: StoreKey(literal: "zarrs/\(year)")),
      manifest: manifest, findings: findings)

    let census = await Census(
      stored: stored, readsObjects: options.readsObjects, width: context.width, progress: progress
    ).run()
    report.objects = manifest.objects.count
    report.byteCount = manifest.objects.reduce(0) { $0 + $1.byteCount }
    report.checksums = census.checksums

    let library = SourceLibrary(context: context, findings: findings)
    let sources = await YearSources(stored: stored, library: library, width: context.width)
    report.sources = manifest.sources.count
    let (arrays, doubts) = await MetadataCheck(
      stored: stored, sources: sources, library: library
    ).run()
    await StackSearch(stored: stored, root: root, context: context).settle(doubts)
    await CoordinateCheck(stored: stored, sources: sources, library: library, arrays: arrays).run()

    let comparison = ValueComparison(
      stored: stored, sources: sources, library: library,
      arrays: arrays.filter { $0.isCompared }, lost: census.lost, width: context.width,
      progress: progress)
    await comparison.compare(options.amount, seed: options.seed ^ UInt64(truncatingIfNeeded: year))
    for damaged in census.damaged.sorted() { await comparison.examine(damaged) }
    await comparison.explain()
    report.windows = comparison.ledger.windowCount
    report.comparedValues = comparison.ledger.comparedCount
    report.validity = comparison.ledger.validity(steps: sources.steps)
    comparison.ledger.report(to: stored, steps: sources.steps)
    report.findings = findings.all
    let places = Set(report.findingsInStore.map(\.place))
    report.damagedKeys = manifest.objects.map(\.key.text).filter { key in
      places.contains { stored.place(key) == $0 || stored.place(key).hasPrefix("\($0)/") }
    }
    return report
  }
}

/// A store with what its manifest says of it.
struct StoredYear: Sendable {
  let year: Int
  let store: PrefixStore
  let manifest: Manifest
  let findings: FindingList

  /// The name of the time coordinate.
  var timeName: String? {
    manifest.variables.first { $0.value.treatment == .timeCoordinate }?.key
  }

  /// Where something is, for findings.
  func place(_ key: String) -> String { "zarrs/\(year)/\(key)" }
}

/// What was found so far, each thing once.
final class FindingList: Sendable {
  private let found = Mutex<(order: [Finding], seen: Set<Finding>)>(([], []))

  var all: [Finding] { found.withLock { $0.order } }

  func add(_ finding: Finding) {
    found.withLock { found in
      if found.seen.insert(finding).inserted { found.order.append(finding) }
    }
  }
}
