public import Storage

/// An array in a store, for reading.
public struct ZarrArray: Sendable {
  public let store: any ByteStore
  /// Empty for an array at the root of the store.
  public let path: String
  public let metadata: ArrayMetadata
  let shardIndexes: ShardIndexCache

  /// - Precondition: `path` is empty or can be a store's key.
  /// - Parameters:
  ///   - metadata: As read before, for instance from a group's consolidated metadata.
  ///   - shardIndexes: One for all arrays of this store keeps what each has learnt.
  public init(
    store: any ByteStore, path: String, metadata: ArrayMetadata,
    shardIndexes: ShardIndexCache = ShardIndexCache()
  ) {
    self.store = store
    self.path = path
    self.metadata = metadata
    self.shardIndexes = shardIndexes
  }

  /// Opens an array by its own metadata: `zarr.json`, or else `.zarray` and `.zattrs`.
  ///
  /// - Throws: ``ZarrError/notFound(path:location:)`` if there is neither.
  public static func open(
    store: any ByteStore, path: String, shardIndexes: ShardIndexCache = ShardIndexCache()
  ) async throws(ZarrError) -> ZarrArray {
    let node = NodeReader(store: store, path: path)
    let metadata: ArrayMetadata
    if let v3 = try await node.document("zarr.json") {
      metadata = try ArrayMetadata(v3: v3.object, key: v3.key)
    } else if let v2 = try await node.document(".zarray") {
      let attributes = try await node.document(".zattrs")?.object ?? [:]
      metadata = try ArrayMetadata(v2: v2.object, attributes: attributes, key: v2.key)
    } else {
      throw .notFound(path: path, location: store.location)
    }
    return ZarrArray(store: store, path: path, metadata: metadata, shardIndexes: shardIndexes)
  }

  /// The chunks that hold an element of a region, in C order.
  ///
  /// - Throws: ``ZarrError/regionOutOfBounds(path:region:shape:)``.
  public func chunks(covering region: [Range<Int>]) throws(ZarrError) -> [[Int]] {
    try check(region)
    return metadata.grid.chunks(covering: region)
  }

  func check(_ region: [Range<Int>]) throws(ZarrError) {
    let shape = metadata.shape
    guard region.count == shape.count,
      zip(region, shape).allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= $1 })
    else { throw .regionOutOfBounds(path: path, region: region, shape: shape) }
  }
}

/// Reads the metadata objects of one node of a hierarchy.
struct NodeReader {
  let store: any ByteStore
  /// Empty for the root.
  let path: String

  /// - Returns: `nil` if the object is absent.
  /// - Throws: ``ZarrError/notFound(path:location:)`` if no store can have such a path.
  func document(_ name: String) async throws(ZarrError) -> MetadataDocument? {
    let key: StoreKey
    do { key = try StoreKey(path.isEmpty ? name : "\(path)/\(name)") } catch {
      throw .notFound(path: path, location: store.location)
    }
    let bytes: [UInt8]?
    do { bytes = try await store.read(key) } catch { throw .store(error) }
    guard let bytes else { return nil }
    return try MetadataDocument(key: key, bytes: bytes)
  }
}
