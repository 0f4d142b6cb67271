public import Storage
public import Zarr

/// A reference set as a read-only store: its keys are those of a Zarr v2 hierarchy, their values
/// are read where the references lead.
///
/// An absent key is a chunk that was never written. A target that is gone or too short is an
/// error.
public struct ReferenceStore: ByteStore {
  public let references: ReferenceSet
  public let targets: ReferenceTargets
  public var location: String { references.location }

  public init(_ references: ReferenceSet, targets: ReferenceTargets) {
    self.references = references
    self.targets = targets
  }

  private func reference(_ key: StoreKey) throws(StoreError) -> ChunkReference? {
    do { return try references.reference(to: key.text) } catch {
      throw .unsupported(location: location, reason: "\(error)")
    }
  }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    switch try reference(key) {
    case nil: return nil
    case .inline(let bytes)?:
      return ObjectInfo(key: key, byteCount: bytes.count, etag: nil, modifiedSeconds: nil)
    case .bytes(_, let range)?:
      return ObjectInfo(key: key, byteCount: range.count, etag: nil, modifiedSeconds: nil)
    case .whole(let target)?:
      guard let info = try await targets.info(references.targets[target]) else {
        throw .badAnswer(key: key, location: location, reason: "its target is gone")
      }
      return ObjectInfo(
        key: key, byteCount: info.byteCount, etag: info.etag,
        modifiedSeconds: info.modifiedSeconds)
    }
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    guard let reference = try reference(key) else { return nil }
    return try await targets.read(reference, of: references, range)
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    var listing = Listing()
    for text in references.keys {
      let key: StoreKey
      // A key that no store can have can't be asked for either.
      do { key = try StoreKey(text) } catch { continue }
      guard key.isBelow(prefix) else { continue }
      let below = prefix.flatMap { key.relative(to: $0) } ?? key
      if !recursive, below.parent != nil {
        let name = String(below.text.prefix { $0 != "/" })
        let child = prefix.map { $0.appending(name) } ?? StoreKey(literal: name)
        if listing.prefixes.last != child { listing.prefixes.append(child) }
      } else if let info = try await info(key) {
        listing.objects.append(info)
      }
    }
    listing.objects.sort { $0.key < $1.key }
    listing.prefixes.sort()
    return listing
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) { throw readOnly }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload { throw readOnly }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) { throw readOnly }

  private var readOnly: StoreError {
    .unsupported(location: location, reason: "references can't be written through")
  }
}

extension ReferenceSet {
  /// One of the set's arrays, to be read through its references. Only its own metadata is parsed.
  ///
  /// - Throws: ``ReferenceError/noArray(location:name:)``, or what is wrong with its metadata.
  public func array(
    _ name: String, targets: ReferenceTargets
  ) throws(ReferenceError) -> ZarrArray {
    ZarrArray(
      store: ReferenceStore(self, targets: targets), path: name, metadata: try metadata(of: name))
  }
}
