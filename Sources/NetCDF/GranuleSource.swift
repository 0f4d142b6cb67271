public import Storage

/// One NetCDF file in a store, as it was when it was listed.
public struct GranuleSource: Sendable {
  public let store: any ByteStore
  public let key: StoreKey
  /// Its size bounds every read: what the file says of itself is not trusted.
  public let info: ObjectInfo

  public init(store: any ByteStore, key: StoreKey, info: ObjectInfo) {
    self.store = store
    self.key = key
    self.info = info
  }

  /// Where the granule is, for people.
  public var location: String {
    store.localPath(of: key)
      ?? (store.location.hasSuffix("/") ? "\(store.location)\(key)" : "\(store.location)/\(key)")
  }
}
