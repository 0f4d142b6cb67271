/// The part of a store below a prefix, as a store.
public struct PrefixStore: ByteStore {
  public let store: any ByteStore
  public let prefix: StoreKey

  public init(_ store: any ByteStore, prefix: StoreKey) {
    self.store = store
    self.prefix = prefix
  }

  public var location: String {
    store.location.hasSuffix("/") ? "\(store.location)\(prefix)" : "\(store.location)/\(prefix)"
  }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    do { return try await store.info(outer(key)).map(relative) } catch { throw renamed(error) }
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    do { return try await store.read(outer(key), range) } catch { throw renamed(error) }
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    do { try await store.write(bytes, to: outer(key), condition) } catch { throw renamed(error) }
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    let upload: any Upload
    do { upload = try await store.upload(to: outer(key)) } catch { throw renamed(error) }
    return WrappedUpload(upload) { (_, step) throws(StoreError) in
      do throws(StoreError) { try await step() } catch { throw renamed(error) }
    }
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    do { try await store.delete(keys.map(outer)) } catch { throw renamed(error) }
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    do {
      let listing = try await store.list(prefix.map(outer) ?? self.prefix, recursive: recursive)
      return Listing(
        objects: listing.objects.map(relative), prefixes: listing.prefixes.map(relative))
    } catch {
      throw renamed(error)
    }
  }

  public func localPath(of key: StoreKey) -> String? { store.localPath(of: outer(key)) }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] {
    do {
      return try await store.unfinishedUploads(below: prefix.map(outer) ?? self.prefix)
        .map(relative)
    } catch {
      throw renamed(error)
    }
  }

  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    do {
      try await store.removeUnfinishedUploads(below: prefix.map(outer) ?? self.prefix)
    } catch {
      throw renamed(error)
    }
  }

  public func persist(_ keys: [StoreKey]) async throws(StoreError) {
    do { try await store.persist(keys.map(outer)) } catch { throw renamed(error) }
  }

  private func outer(_ key: StoreKey) -> StoreKey { prefix.appending(key) }

  private func relative(_ key: StoreKey) -> StoreKey { key.relative(to: prefix) ?? key }

  private func relative(_ info: ObjectInfo) -> ObjectInfo {
    ObjectInfo(
      key: relative(info.key), byteCount: info.byteCount, etag: info.etag,
      modifiedSeconds: info.modifiedSeconds)
  }

  private func renamed(_ error: StoreError) -> StoreError {
    error.renamed(location: location, key: relative)
  }
}
