internal import Synchronization

/// Lets only so many requests at a store at once; the others wait their turn.
public final class LimitStore: ByteStore {
  private let store: any ByteStore
  private let turns: Turns

  /// - Precondition: `concurrency` is at least 1.
  public init(_ store: any ByteStore, concurrency: Int) {
    precondition(concurrency >= 1, "a store that nobody may use")
    self.store = store
    turns = Turns(concurrency)
  }

  public var location: String { store.location }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    await turns.take()
    defer { turns.giveBack() }
    return try await store.info(key)
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    await turns.take()
    defer { turns.giveBack() }
    return try await store.read(key, range)
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    await turns.take()
    defer { turns.giveBack() }
    try await store.write(bytes, to: key, condition)
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    await turns.take()
    defer { turns.giveBack() }
    return WrappedUpload(try await store.upload(to: key)) {
      [turns] (_, step) throws(StoreError) in
      await turns.take()
      defer { turns.giveBack() }
      try await step()
    }
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    await turns.take()
    defer { turns.giveBack() }
    try await store.delete(keys)
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    await turns.take()
    defer { turns.giveBack() }
    return try await store.list(prefix, recursive: recursive)
  }

  public func localPath(of key: StoreKey) -> String? { store.localPath(of: key) }

  public func persist(_ keys: [StoreKey]) async throws(StoreError) {
    try await store.persist(keys)
  }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] {
    await turns.take()
    defer { turns.giveBack() }
    return try await store.unfinishedUploads(below: prefix)
  }

  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    await turns.take()
    defer { turns.giveBack() }
    try await store.removeUnfinishedUploads(below: prefix)
  }
}

/// Turns that tasks take and give back, first come, first served.
private final class Turns: Sendable {
  private struct State {
    var free: Int
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state: Mutex<State>

  init(_ count: Int) { state = Mutex(State(free: count)) }

  func take() async {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.free > 0 {
          state.free -= 1
          return true
        }
        state.waiting.append(continuation)
        return false
      }
      if isFree { continuation.resume() }
    }
  }

  func giveBack() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.waiting.isEmpty {
        state.free += 1
        return nil
      }
      return state.waiting.removeFirst()
    }
    next?.resume()
  }
}
