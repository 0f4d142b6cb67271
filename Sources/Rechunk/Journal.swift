import Foundation
import Storage
import ZarrWriter

/// Which tasks of an unfinished year are done: one object for each, beside the stores, never in
/// them.
///
/// A task is recorded when its objects are in the store for good. So a run that was killed, at
/// whatever moment, goes on where its records end; what no record names is removed, or written
/// again with the same bytes.
///
/// - Invariant: every object of a record is in the store, with the size recorded.
struct Journal: Sendable {
  private let root: any ByteStore
  private let year: Int
  private let lock: WriteLock
  private let records: [StoreKey: TaskRecord]

  /// `ROOT/journals/<year>`.
  static func folder(_ year: Int) -> StoreKey { StoreKey(literal: "journals/\(year)") }

  /// What the year is made of; written first and removed last.
  static func inputsKey(_ year: Int) -> StoreKey { folder(year).appending("inputs.json") }

  private static func tasksFolder(_ year: Int) -> StoreKey { folder(year).appending("tasks") }

  /// The objects that finished tasks wrote, relative to the store.
  var objects: Set<StoreKey> { Set(records.values.flatMap { $0.objects.map(\.key) }) }
  var taskCount: Int { records.count }

  private init(
    _ root: any ByteStore, _ year: Int, _ lock: WriteLock, _ records: [StoreKey: TaskRecord]
  ) {
    self.root = root
    self.year = year
    self.lock = lock
    self.records = records
  }

  /// What is left of an earlier attempt; `nil` if there was none, or its record can't be read.
  static func inputs(of year: Int, in root: any ByteStore) async throws -> YearInputs? {
    guard let bytes = try await root.read(inputsKey(year)) else { return nil }
    return try? JSONDecoder.manifest.decode(YearInputs.self, from: Data(bytes))
  }

  /// Begins a year of which nothing is done.
  static func begin(
    _ year: Int, _ inputs: YearInputs, in root: any ByteStore
  ) async throws {
    try await root.write(try JSONEncoder.manifest.bytes(of: inputs), to: inputsKey(year))
    // Without it, nobody would know what the store is that follows.
    try await root.persist([inputsKey(year)])
  }

  /// Goes on with a year; a record that is cut off or whose objects aren't there doesn't count.
  ///
  /// - Parameter stored: What the year's store holds, with keys of the root.
  static func resume(
    _ year: Int, in root: any ByteStore, lock: WriteLock, stored: [ObjectInfo]
  ) async throws -> Journal {
    let byteCounts = Dictionary(uniqueKeysWithValues: stored.map { ($0.key, $0.byteCount) })
    let store = Conversion.storeKey(year)
    let keys = try await root.list(tasksFolder(year), recursive: true).objects.map(\.key)
    let records = try await inOrder(keys, width: 16) { key -> (StoreKey, TaskRecord)? in
      guard let bytes = try await root.read(key),
        let record = try? JSONDecoder.manifest.decode(TaskRecord.self, from: Data(bytes)),
        record.objects.allSatisfy({ byteCounts[store.appending($0.key)] == $0.byteCount })
      else { return nil }
      return (key, record)
    }
    return Journal(
      root, year, lock, Dictionary(uniqueKeysWithValues: records.compactMap { $0 }))
  }

  /// Removes all traces of a year's attempts.
  static func remove(_ year: Int, from root: any ByteStore) async throws {
    try await root.removeUnfinishedUploads(below: folder(year))
    let keys = try await root.list(folder(year), recursive: true).objects.map(\.key)
    try await root.delete(keys.filter { $0 != inputsKey(year) })
    try await root.delete([inputsKey(year)])
  }

  /// What a task left; `nil` if it has to be done.
  ///
  /// - Parameter column: One of the array's ``ArrayLayout/columns``.
  func finished(_ array: String, _ column: [Range<Int>]) -> TaskRecord? {
    records[key(array, column)]
  }

  /// Records a task whose objects are all written.
  func record(_ task: TaskRecord, _ array: String, _ column: [Range<Int>]) async throws {
    try await lock.confirm()
    try await root.persist(task.objects.map { Conversion.storeKey(year).appending($0.key) })
    try await root.write(try JSONEncoder.manifest.bytes(of: task), to: key(array, column))
  }

  /// The region is in the name, so that a column cut otherwise is another task.
  private func key(_ array: String, _ column: [Range<Int>]) -> StoreKey {
    let region = column.map { "\($0.lowerBound)-\($0.upperBound)" }.joined(separator: ".")
    return Self.tasksFolder(year).appending(StoreKey(literal: "\(array)/\(region).json"))
  }
}
