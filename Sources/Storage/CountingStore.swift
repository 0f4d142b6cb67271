internal import Synchronization

/// Counts what is asked of a store.
///
/// A request is a call of the store; what a retry or a page of a listing costs is not seen here. What
/// a library reads through ``localPath(of:)`` isn't either.
public final class CountingStore: ByteStore {
  private let store: any ByteStore
  private let tally = Mutex(StoreTally())

  public init(_ store: any ByteStore) { self.store = store }

  /// What was asked so far.
  public var counts: StoreTally { tally.withLock { $0 } }

  public func reset() { tally.withLock { $0 = StoreTally() } }

  public var location: String { store.location }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    count(.info, 0)
    return try await store.info(key)
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    let bytes: [UInt8]?
    do {
      bytes = try await store.read(key, range)
    } catch {
      count(.read, 0)
      throw error
    }
    count(.read, bytes?.count ?? 0)
    return bytes
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    count(.write, bytes.count)
    try await store.write(bytes, to: key, condition)
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    WrappedUpload(try await store.upload(to: key)) { (byteCount, step) throws(StoreError) in
      self.count(.upload, byteCount)
      try await step()
    }
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    count(.delete, 0)
    try await store.delete(keys)
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    count(.list, 0)
    return try await store.list(prefix, recursive: recursive)
  }

  public func localPath(of key: StoreKey) -> String? { store.localPath(of: key) }

  public func persist(_ keys: [StoreKey]) async throws(StoreError) {
    try await store.persist(keys)
  }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] {
    try await store.unfinishedUploads(below: prefix)
  }

  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    try await store.removeUnfinishedUploads(below: prefix)
  }

  private func count(_ kind: StoreTally.Kind, _ byteCount: Int) {
    tally.withLock { $0.add(kind, byteCount) }
  }
}

/// How often a store was asked for what, and how many bytes went through.
public struct StoreTally: Hashable, Sendable {
  public enum Kind: Hashable, Sendable, CaseIterable {
    case info, read, write, delete, list
    /// Each piece of an upload, and its end.
    case upload
  }

  private var requests: [Kind: Int] = [:]
  private var byteCounts: [Kind: Int] = [:]

  public init() {}

  public func requests(_ kind: Kind) -> Int { requests[kind, default: 0] }
  public func byteCount(_ kind: Kind) -> Int { byteCounts[kind, default: 0] }

  public var totalRequests: Int { requests.values.reduce(0, +) }

  mutating func add(_ kind: Kind, _ byteCount: Int) {
    requests[kind, default: 0] += 1
    byteCounts[kind, default: 0] += byteCount
  }
}
