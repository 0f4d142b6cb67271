import NetCDF
import Rechunk
import Storage

/// Something in a store that its year's granules don't account for. Those of other years may:
/// global attributes and the limits of unpacked values are decided for the whole stack.
struct Doubt: Sendable {
  /// What is wrong if no granule accounts for it.
  let finding: Finding
  let isSettled: @Sendable (Witness) -> Bool
}

/// Looks for granules of other years that account for what a store has.
///
/// The stack is what the manifest says was asked for, and all that the manifests of other years
/// name. A granule that was taken away since, and that no manifest names, can't be known.
struct StackSearch {
  let stored: StoredYear
  let root: any ByteStore
  let context: Verification.Context

  /// Reports each doubt that no granule settles; as unreadable, if one that might couldn't be read.
  func settle(_ doubts: [Doubt]) async {
    guard !doubts.isEmpty else { return }
    var (locations, failure) = await others()
    locations = locations.spread()
    var doubts = doubts
    while !doubts.isEmpty, !locations.isEmpty {
      let next = locations.prefix(context.width)
      locations.removeFirst(next.count)
      for (location, result) in await witnesses(of: next) {
        switch result {
        case .success(let entry): doubts.removeAll { $0.isSettled(entry.witness) }
        case .failure(let error): failure = failure ?? "\(location): \(error.reason)"
        }
      }
    }
    for doubt in doubts {
      var finding = doubt.finding
      if let failure {
        finding = Finding(
          .unreadable, finding.place, variable: finding.variable,
          "\(finding.reason), unless a granule of the stack has it otherwise: \(failure)")
      }
      stored.findings.add(finding)
    }
  }

  /// All granules of the stack but the year's own and those known to be unreadable, in order; and
  /// why some of them can't be named.
  private func others() async -> (locations: [String], failure: String?) {
    var locations: Set<String> = []
    var failure: String?
    do {
      for source in try await GranuleFinder(open: context.open).granules(
        stored.manifest.request.inputs)
      { locations.insert(source.location) }
    } catch { failure = "\(error)" }
    do {
      for object in try await root.list(StoreKey(literal: "manifests"), recursive: false).objects {
        guard let year = Int(object.key.name.dropLast(".json".count)), year != stored.year,
          let manifest = try await Manifest.read(year, in: root)
        else { continue }
        locations.formUnion(manifest.sources.map(\.location))
      }
    } catch { failure = failure ?? "\(error)" }
    locations.subtract(stored.manifest.sources.map(\.location))
    locations.subtract(stored.manifest.inputs.leftOut.filter { $0.info == nil }.map(\.location))
    return (locations.sorted(), failure)
  }

  private func witnesses(
    of locations: ArraySlice<String>
  ) async -> [(location: String, result: Result<SourceLibrary.Entry, SourceError>)] {
    await withTaskGroup { group in
      for location in locations {
        group.addTask { (location, await context.source(location)) }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
  }
}

extension [String] {
  /// The same elements, every few of them far apart: what holds for a stretch of a stack is met
  /// early, wherever it lies.
  func spread() -> [String] {
    let bits = Int.bitWidth - count.leadingZeroBitCount
    return (0..<1 << bits).lazy
      .map { Int(bitPattern: UInt(bitPattern: $0).reversedBits >> UInt(Int.bitWidth - bits)) }
      .filter { $0 < count }.map { self[$0] }
  }
}

extension UInt {
  fileprivate var reversedBits: UInt {
    (0..<UInt(bitWidth)).reduce(0) { $0 << 1 | (self >> $1 & 1) }
  }
}
