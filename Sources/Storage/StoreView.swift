/// A store through which another is read, in a way of its own; nothing can be written through it.
///
/// A conforming type says how values are read. The rest is the other store's.
public protocol StoreView: ByteStore {
  var store: any ByteStore { get }
}

extension StoreView {
  public var location: String { store.location }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    try await store.info(key)
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await store.list(prefix, recursive: recursive)
  }

  public func localPath(of key: StoreKey) -> String? { store.localPath(of: key) }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) { throw readOnly }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload { throw readOnly }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) { throw readOnly }

  private var readOnly: StoreError {
    .unsupported(location: location, reason: "it is opened for reading")
  }
}
