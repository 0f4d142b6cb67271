import CF
import NetCDF
public import Storage
import Zarr
import ZarrWriter

extension Conversion {
  /// Makes a complete store's damaged objects again, and nothing else of its data.
  ///
  /// A repair that is interrupted is an unfinished conversion: running that goes on with it.
  ///
  /// - Parameters:
  ///   - year: Of the plan.
  ///   - damaged: Keys relative to the year's store, also of objects that aren't there.
  /// - Throws: ``RepairError`` if the conversion isn't the one that made the store.
  public func repair(
    _ year: Int, damaged: Set<StoreKey>,
    _ notice: @escaping @Sendable (ConversionNotice) -> Void = { _ in }
  ) async throws -> YearResult {
    let bad = try await knownBad()
    guard let plan = try years(without: bad).first(where: { $0.year == year }) else {
      throw RepairError.noSteps(year: year)
    }
    return try await target(plan, bad, notice).repair(damaged)
  }
}

extension YearConversion {
  func repair(_ damaged: Set<StoreKey>) async throws -> YearResult {
    let lock = try await WriteLock.take(year.year, in: root, breaks: false, notice: notice)
    return try await lock.during {
      guard let manifest = try await Manifest.read(year.year, in: root) else {
        throw RepairError.noManifest(year: year.year)
      }
      let differences = inputs.differences(from: manifest.inputs)
      guard differences.isEmpty else {
        throw RepairError.otherInputs(year: year.year, differences.map(\.description))
      }
      let work = YearWork(
        conversion: self, lock: lock, root: GuardedStore(store: root, lock: lock))
      return try await work.repair(manifest, damaged: damaged)
    }
  }
}

extension YearWork {
  /// Records the columns that lost nothing as finished, and goes on from there.
  fileprivate func repair(_ manifest: Manifest, damaged: Set<StoreKey>) async throws -> YearResult {
    let year = conversion.year
    let records = Dictionary(uniqueKeysWithValues: manifest.objects.map { ($0.key, $0) })
    try await Journal.remove(year.year, from: root)
    try await Journal.begin(year.year, conversion.inputs, in: root)
    let journal = try await Journal.resume(year.year, in: root, lock: lock, stored: [])
    for array in year.arrays {
      for column in array.layout.columns {
        let keys = array.objectKeys(in: column)
        guard damaged.isDisjoint(with: keys) else { continue }
        let error = manifest.variables[array.spec.path]?.largestError ?? 0
        try await journal.record(
          TaskRecord(objects: keys.compactMap { records[$0] }, largestError: error),
          array.spec.path, column)
      }
    }
    return try await resume()
  }
}

extension ArrayPlan {
  /// The keys of all objects that may lie in a column, relative to the store.
  fileprivate func objectKeys(in column: [Range<Int>]) -> [StoreKey] {
    let extents = spec.objectGrid.chunkShape.dropFirst()
    let padded = Array(repeating: 1, count: layout.padding) + extents
    return regions(of: padded, within: column).map { region in
      let place = zip(region, padded).map { $0.lowerBound / $1 }.dropFirst(layout.padding)
      return spec.key(ofObject: [0] + place)
    }
  }
}

/// Why a store can't be repaired.
public enum RepairError: Error, Hashable, Sendable, CustomStringConvertible {
  case noManifest(year: Int)
  case noSteps(year: Int)
  case unknownOptions(year: Int)
  /// Other granules, options or plans than those that made the store.
  case otherInputs(year: Int, [String])

  public var description: String {
    switch self {
    case .noManifest(let year):
      "zarrs/\(year): without its manifest it can't be repaired; convert again with --fresh"
    case .noSteps(let year): "zarrs/\(year): its inputs have no step in that year any more"
    case .unknownOptions(let year):
      "zarrs/\(year): its manifest says nothing of how it was made that this version understands; "
        + "convert again with --fresh"
    case .otherInputs(let year, let differences):
      "zarrs/\(year) can't be repaired, since what it was made of is another now; convert again\n"
        + differences.map { "  \($0)" }.joined(separator: "\n")
    }
  }
}
