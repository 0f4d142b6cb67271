import Storage
import Synchronization

/// A store that refuses all changes after a number of them, as a process that is killed makes none.
final class DyingStore: ByteStore {
  private let store: any ByteStore
  private let left: Mutex<Int>

  init(_ store: any ByteStore, changes: Int) {
    self.store = store
    left = Mutex(changes)
  }

  static let death = StoreError.unsupported(location: "test", reason: "this store is dead")

  private func change() throws(StoreError) {
    let isAlive = left.withLock { left in
      left -= 1
      return left >= 0
    }
    if !isAlive { throw Self.death }
  }

  var location: String { store.location }

  func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? { try await store.info(key) }

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    try await store.read(key, range)
  }

  func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await store.list(prefix, recursive: recursive)
  }

  func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    try change()
    try await store.write(bytes, to: key, condition)
  }

  func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    WrappedUpload(try await store.upload(to: key)) { (byteCount, step) throws(StoreError) in
      if byteCount == 0 { try self.change() }
      try await step()
    }
  }

  func delete(_ keys: [StoreKey]) async throws(StoreError) {
    for key in keys {
      try change()
      try await store.delete([key])
    }
  }
}

/// A store that takes every conditional write for an unconditional one.
struct HeedlessStore: ByteStore {
  let store = MemoryStore()
  var location: String { store.location }

  func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? { try await store.info(key) }

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    try await store.read(key, range)
  }

  func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await store.list(prefix, recursive: recursive)
  }

  func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) { try await store.write(bytes, to: key) }

  func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    try await store.upload(to: key)
  }

  func delete(_ keys: [StoreKey]) async throws(StoreError) { try await store.delete(keys) }
}

/// All values of a store.
func contents(of store: any ByteStore) async throws -> [StoreKey: [UInt8]] {
  var contents: [StoreKey: [UInt8]] = [:]
  for object in try await store.list(nil, recursive: true).objects {
    contents[object.key] = try await store.read(object.key)
  }
  return contents
}
