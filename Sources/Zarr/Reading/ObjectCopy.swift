public import Storage

/// An object of a store that the root metadata of Zarr v3 holds a copy of, so that opening a store
/// and reading its coordinates takes one request.
///
/// It lies in `consolidated_metadata`, as base64 by the object's key. Readers that don't know it
/// ignore it, and who consolidates the metadata anew drops it.
public struct ObjectCopy: Hashable, Sendable {
  public let key: StoreKey
  public let bytes: [UInt8]

  public init(key: StoreKey, bytes: [UInt8]) {
    self.key = key
    self.bytes = bytes
  }

  /// An object that is larger is no good to readers of one pixel, who don't need it.
  public static let byteLimit = 1 << 15

  package static let memberName = "pixeldrill_objects"

  package static func json(_ copies: [ObjectCopy]) -> JSONValue {
    .object(
      JSONObject(
        copies.sorted { $0.key < $1.key }.map { ($0.key.text, .string(Base64.encode($0.bytes))) }))
  }

  /// - Returns: An empty dictionary if consolidated metadata has no copies.
  /// - Throws: ``ZarrError/badMetadata(key:member:reason:)`` for what is none.
  static func objects(
    in consolidated: JSONObject, _ document: MetadataDocument
  ) throws(ZarrError) -> [StoreKey: [UInt8]] {
    guard let member = consolidated[memberName] else { return [:] }
    guard let copies = member.object else { throw document.bad(memberName, "isn't an object") }
    var objects: [StoreKey: [UInt8]] = [:]
    for copy in copies.members {
      guard let bytes = copy.value.string.flatMap(Base64.decode) else {
        throw document.bad(memberName, "has a bad copy of “\(copy.name)”")
      }
      do { objects[try StoreKey(copy.name)] = bytes } catch {
        throw document.bad(memberName, "has a bad key “\(copy.name)”")
      }
    }
    return objects
  }
}

/// A store of which some objects are known already.
struct KnownObjectsStore: StoreView {
  let store: any ByteStore
  let objects: [StoreKey: [UInt8]]

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    guard let bytes = objects[key] else { return try await store.read(key, range) }
    guard let bounds = range.resolved(byteCount: bytes.count) else {
      throw .outOfBounds(range, byteCount: bytes.count, key: key)
    }
    return Array(bytes[bounds])
  }
}
