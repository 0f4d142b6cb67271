import CF
import Foundation
import NetCDF
import Storage
import Zarr
import ZarrWriter

/// Makes the store of one year, or what is missing of it.
///
/// In order: `journals/<year>/inputs.json`; then a store that is there is hidden, by removing the
/// files by which readers open it; its data, column by column; the manifest; the metadata, the
/// root's last, by which the store appears. At last the journal is removed.
struct YearConversion: Sendable {
  let stack: Stack
  let year: YearPlan
  let options: ConversionOptions
  let parser: GranuleParser
  let root: any ByteStore
  let inputs: YearInputs
  let memory: MemoryPlan
  let scratchFolder: String
  let progress: ConversionProgress
  let notice: @Sendable (ConversionNotice) -> Void
  /// Takes nothing of what is there.
  var beginsAnew: Bool

  /// What there is to do, without doing it.
  ///
  /// - Throws: ``ConversionError`` if it may not be done.
  func decision() async throws -> YearDecision {
    if beginsAnew { return .begin([]) }
    return try YearDecision(
      await YearState.find(year.year, in: root), inputs,
      location: "\(root.location)/\(Conversion.storeKey(year.year))",
      leavesOutBad: options.skipsBad)
  }

  func run() async throws -> YearResult {
    if case .leave(let manifest) = try await decision(), try await !hasTraces() {
      return upToDate(manifest)
    }
    let lock = try await WriteLock.take(
      year.year, in: root, breaks: options.breaksLock, notice: notice)
    return try await lock.during {
      let work = YearWork(
        conversion: self, lock: lock, root: GuardedStore(store: root, lock: lock))
      // Another run may have been here before the lock was taken.
      switch try await decision() {
      case .leave(let manifest):
        try await work.tidy()
        return upToDate(manifest)
      case .renew(let manifest, let reasons):
        notice(.renewing(year: year.year, reasons: reasons.map(\.description)))
        return try await work.renew(manifest)
      case .resume: return try await work.resume()
      case .begin(let reasons):
        if !reasons.isEmpty {
          notice(.redoing(year: year.year, reasons: reasons.map(\.description)))
        }
        return try await work.begin()
      }
    }
  }

  private func upToDate(_ manifest: Manifest) -> YearResult {
    notice(.upToDate(year: year.year))
    progress.addResumed(year.decodedByteCount)
    return YearResult(.upToDate, manifest)
  }

  /// Whether a run that has ended left something, though the store is complete.
  private func hasTraces() async throws -> Bool {
    func isThere(_ folder: StoreKey) async throws -> Bool {
      guard let parent = folder.parent else { return false }
      return try await root.list(parent, recursive: false).prefixes.contains(folder)
    }
    if try await isThere(Journal.folder(year.year)) { return true }
    guard try await isThere(LockRecord.folder(year.year)) else { return false }
    let lock = try await LockRecord.current(year.year, in: root)
    return lock?.record?.holds(at: Date().timeIntervalSince1970) != true
  }
}
