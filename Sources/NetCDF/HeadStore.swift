internal import Storage
internal import Synchronization

extension GranuleSource {
  /// The same granule, whose first bytes are asked for only once: its header is there, and often
  /// chunk indexes and small variables. A local granule stays as it is.
  package func keepingHead() -> GranuleSource {
    guard store.localPath(of: key) == nil else { return self }
    return GranuleSource(store: HeadStore(store, key), key: key, info: info)
  }
}

/// A store of one value, which keeps what was first read from the value's start on.
private final class HeadStore: StoreView {
  let store: any ByteStore
  private let key: StoreKey
  private let head = Mutex<[UInt8]>([])

  init(_ store: any ByteStore, _ key: StoreKey) {
    self.store = store
    self.key = key
  }

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    guard key == self.key, case .bounds(let bounds) = range else {
      return try await store.read(key, range)
    }
    if let known = head.withLock({ head in
      bounds.upperBound <= head.count ? Array(head[bounds]) : nil
    }) {
      return known
    }
    let bytes = try await store.read(key, range)
    if bounds.lowerBound == 0, let bytes {
      head.withLock { if $0.count < bytes.count { $0 = bytes } }
    }
    return bytes
  }
}
