public import CF
public import Storage

/// A group of arrays in a store, for reading.
///
/// Metadata of an array is read when it is asked for: an array that this reader can't read keeps
/// nobody from the others.
public struct ZarrGroup: Sendable {
  public let store: any ByteStore
  /// Empty for the root of the store.
  public let path: String
  public let format: ZarrFormat
  public let attributes: [Attribute]
  /// Relative to the group. From consolidated metadata those of nested groups too (`a/b`), else
  /// only the group's own.
  public let arrayNames: [String]
  private let nodes: [String: Node]
  /// Arrays are read from it: ``store``, or that with what the metadata holds copies of.
  private let arrayStore: any ByteStore
  private let shardIndexes = ShardIndexCache()

  private struct Node: Sendable {
    let key: StoreKey
    /// `zarr.json` or `.zarray`.
    let metadata: JSONObject
    /// `.zattrs`
    let v2Attributes: JSONObject
  }

  /// The metadata of an array of the group.
  ///
  /// - Throws: ``ZarrError/notFound(path:location:)``, or what is wrong with the metadata.
  public func metadata(of name: String) throws(ZarrError) -> ArrayMetadata {
    guard let node = nodes[name] else {
      throw .notFound(path: name, location: store.location)
    }
    return switch format {
    case .v2:
      try ArrayMetadata(v2: node.metadata, attributes: node.v2Attributes, key: node.key)
    case .v3: try ArrayMetadata(v3: node.metadata, key: node.key)
    }
  }

  /// An array of the group. All share one cache of shard indexes.
  public func array(_ name: String) throws(ZarrError) -> ZarrArray {
    ZarrArray(
      store: arrayStore, path: path.isEmpty ? name : "\(path)/\(name)",
      metadata: try metadata(of: name),
      shardIndexes: shardIndexes)
  }

  /// Opens a group. With consolidated metadata that is one request for Zarr v3, two for v2;
  /// without, the group is listed and each array's metadata read.
  public static func open(
    store: any ByteStore, path: String = ""
  ) async throws(ZarrError) -> ZarrGroup {
    let reader = NodeReader(store: store, path: path)
    if let document = try await reader.document("zarr.json") {
      guard document.object["node_type"]?.string == "group" else {
        throw document.bad("node_type", "isn't group")
      }
      let attributes = document.attributes(document.object["attributes"]?.object ?? [:], type: nil)
      guard let consolidated = document.object["consolidated_metadata"]?.object else {
        return ZarrGroup(
          store: store, path: path, format: .v3, attributes: attributes,
          nodes: try await listed(store, path, "zarr.json"))
      }
      // Their keys are those of the store's root.
      let known = path.isEmpty ? try ObjectCopy.objects(in: consolidated, document) : [:]
      return ZarrGroup(
        store: store, path: path, format: .v3, attributes: attributes,
        nodes: try v3Nodes(consolidated, document), known: known)
    }
    if let document = try await reader.document(".zmetadata") {
      guard let members = document.object["metadata"]?.object else {
        throw document.bad("metadata", "isn't an object")
      }
      let attributes = document.attributes(members[".zattrs"]?.object ?? [:], type: nil)
      return ZarrGroup(
        store: store, path: path, format: .v2, attributes: attributes,
        nodes: try v2Nodes(members, document))
    }
    guard let document = try await reader.document(".zgroup") else {
      throw .notFound(path: path, location: store.location)
    }
    let attributes = try await reader.document(".zattrs")?.object ?? [:]
    return ZarrGroup(
      store: store, path: path, format: .v2,
      attributes: document.attributes(attributes, type: nil),
      nodes: try await listed(store, path, ".zarray"))
  }

  private init(
    store: any ByteStore, path: String, format: ZarrFormat, attributes: [Attribute],
    nodes: [(String, Node)], known: [StoreKey: [UInt8]] = [:]
  ) {
    self.store = store
    arrayStore = known.isEmpty ? store : KnownObjectsStore(store: store, objects: known)
    self.path = path
    self.format = format
    self.attributes = attributes
    self.nodes = Dictionary(nodes) { _, last in last }
    var seen: Set<String> = []
    arrayNames = nodes.map(\.0).filter { seen.insert($0).inserted }
  }

  private static func v3Nodes(
    _ consolidated: JSONObject, _ document: MetadataDocument
  ) throws(ZarrError) -> [(String, Node)] {
    guard consolidated["kind"]?.string == "inline",
      let members = consolidated["metadata"]?.object
    else { throw document.bad("consolidated_metadata", "isn't inline") }
    var nodes: [(String, Node)] = []
    for member in members.members {
      guard let metadata = member.value.object, isPath(member.name) else {
        throw document.bad("consolidated_metadata", "has a bad entry “\(member.name)”")
      }
      if metadata["node_type"]?.string == "array" {
        nodes.append((member.name, Node(key: document.key, metadata: metadata, v2Attributes: [:])))
      }
    }
    return nodes
  }

  private static func v2Nodes(
    _ members: JSONObject, _ document: MetadataDocument
  ) throws(ZarrError) -> [(String, Node)] {
    var values: [String: JSONValue] = [:]
    for member in members.members { values[member.name] = member.value }
    var nodes: [(String, Node)] = []
    for name in members.names where name.hasSuffix("/.zarray") {
      let path = String(name.dropLast("/.zarray".count))
      guard let metadata = values[name]?.object, isPath(path) else {
        throw document.bad("metadata", "has a bad entry “\(name)”")
      }
      let attributes = values["\(path)/.zattrs"]?.object ?? [:]
      nodes.append((path, Node(key: document.key, metadata: metadata, v2Attributes: attributes)))
    }
    return nodes
  }

  private static func isPath(_ text: String) -> Bool {
    do {
      _ = try StoreKey(text)
      return true
    } catch { return false }
  }

  /// The arrays directly below a group, found by listing it.
  private static func listed(
    _ store: any ByteStore, _ path: String, _ name: String
  ) async throws(ZarrError) -> [(String, Node)] {
    let prefix: StoreKey?
    let children: [StoreKey]
    do { prefix = path.isEmpty ? nil : try StoreKey(path) } catch {
      throw .notFound(path: path, location: store.location)
    }
    do { children = try await store.list(prefix, recursive: false).prefixes } catch {
      throw .store(error)
    }
    var nodes: [String: Node] = [:]
    try await concurrently(children, width: 8) { child throws(ZarrError) -> (String, Node)? in
      let reader = NodeReader(store: store, path: child.text)
      guard let document = try await reader.document(name),
        name == ".zarray" || document.object["node_type"]?.string == "array"
      else { return nil }
      let attributes = name == ".zarray" ? try await reader.document(".zattrs")?.object : nil
      return (
        child.name,
        Node(key: document.key, metadata: document.object, v2Attributes: attributes ?? [:])
      )
    } receive: {
      if let (name, node) = $0 { nodes[name] = node }
    }
    return children.compactMap { child in nodes[child.name].map { (child.name, $0) } }
  }
}
