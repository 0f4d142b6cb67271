import Storage

/// A store that writes only while a lock is held.
struct GuardedStore: ByteStore {
  let store: any ByteStore
  let lock: WriteLock

  var location: String { store.location }

  func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? { try await store.info(key) }

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    try await store.read(key, range)
  }

  func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await store.list(prefix, recursive: recursive)
  }

  func localPath(of key: StoreKey) -> String? { store.localPath(of: key) }

  func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    try await check(key)
    try await store.write(bytes, to: key, condition)
  }

  func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    WrappedUpload(try await store.upload(to: key)) { (_, step) throws(StoreError) in
      try await check(key)
      try await step()
    }
  }

  func delete(_ keys: [StoreKey]) async throws(StoreError) {
    try await check(keys.first)
    try await store.delete(keys)
  }

  func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] {
    try await store.unfinishedUploads(below: prefix)
  }

  func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    try await check(prefix)
    try await store.removeUnfinishedUploads(below: prefix)
  }

  func persist(_ keys: [StoreKey]) async throws(StoreError) { try await store.persist(keys) }

  private func check(_ key: StoreKey?) async throws(StoreError) {
    do {
      try await lock.check()
    } catch let error as StoreError {
      throw error
    } catch {
      throw .unavailable(
        key: key, location: location, attempts: 1, httpStatus: nil, reason: "\(error)")
    }
  }
}
