public import CF
public import Storage
public import Zarr

/// The metadata of a group and all arrays below it, with a consolidated copy at its root.
///
/// A store with its chunks but without these objects isn't visible to readers; the last one
/// makes it so. The same values always give the same bytes.
public struct HierarchyWriter: Sendable {
  public let format: ZarrFormat
  public let attributes: [Attribute]
  public let arrays: [ArraySpec]
  /// Objects of the store that its root metadata holds too.
  private let copies: [ObjectCopy]

  /// - Parameters:
  ///   - attributes: Of the root group.
  ///   - copies: Small objects, such as coordinates, that a reader of Zarr v3 then needn't ask for.
  /// - Precondition: the arrays are of `format`, and none lies at or below another's path.
  public init(
    format: ZarrFormat, attributes: [Attribute], arrays: [ArraySpec], copies: [ObjectCopy] = []
  ) {
    precondition(arrays.allSatisfy { $0.format == format }, "one format in one hierarchy")
    let paths = Set(arrays.map(\.path))
    precondition(paths.count == arrays.count, "two arrays with one path")
    precondition(
      arrays.count == 1 || Self.groups(of: arrays).allSatisfy { !paths.contains($0) },
      "an array below another array")
    self.format = format
    self.attributes = attributes
    self.arrays = arrays
    self.copies = copies
  }

  /// The metadata objects, in the order to write them: arrays, groups, the consolidated copy.
  public func objects() -> [(key: StoreKey, bytes: [UInt8])] {
    switch format {
    case .v2: v2Objects()
    case .v3: v3Objects()
    }
  }

  /// The paths of all groups, children before parents, the root (an empty path) last.
  private static func groups(of arrays: [ArraySpec]) -> [String] {
    var groups: Set<String> = []
    for array in arrays where !array.path.isEmpty {
      var segments = array.path.split(separator: "/")
      while !segments.isEmpty {
        segments.removeLast()
        groups.insert(segments.joined(separator: "/"))
      }
    }
    return (arrays.isEmpty ? [""] : Array(groups)).sorted { $0 != $1 && !isEarlier($0, $1) }
  }

  /// The order of consolidated metadata: by depth, then by name without regard to case.
  private static func isEarlier(_ left: String, _ right: String) -> Bool {
    let order = { (path: String) in
      (path.isEmpty ? 0 : path.utf8.count { $0 == UInt8(ascii: "/") } + 1, path.lowercased(), path)
    }
    return order(left) < order(right)
  }

  private func v3Objects() -> [(key: StoreKey, bytes: [UInt8])] {
    let groups = Self.groups(of: arrays)
    var objects = arrays.map { (key: $0.key("zarr.json"), bytes: $0.v3Metadata.bytes()) }
    for group in groups where !group.isEmpty {
      let metadata = v3Group(attributes: [], children: nil)
      objects.append((StoreKey(literal: "\(group)/zarr.json"), metadata.bytes()))
    }
    guard groups.contains("") else { return objects }

    var nodes = arrays.map { (path: $0.path, metadata: $0.v3Metadata) }
    for group in groups where !group.isEmpty {
      nodes.append((group, v3Group(attributes: [], children: [])))
    }
    nodes.sort { Self.isEarlier($0.path, $1.path) }
    let children = nodes.map { ($0.path, $0.metadata) }
    let root = v3Group(attributes: attributes, children: children, copies)
    // Every reader asks for this one: a third of it would be white space.
    return objects + [(StoreKey(literal: "zarr.json"), root.bytes(indented: false))]
  }

  /// - Parameter children: For the consolidated copy; `nil` leaves that out.
  private func v3Group(
    attributes: [Attribute], children: [(String, JSONValue)]?, _ copies: [ObjectCopy] = []
  ) -> JSONValue {
    var metadata: JSONObject = [
      "zarr_format": 3,
      "node_type": "group",
      "attributes": .object(JSONObject(attributes)),
    ]
    if let children {
      var consolidated: JSONObject = [
        "kind": "inline",
        "must_understand": false,
        "metadata": .object(JSONObject(children)),
      ]
      if !copies.isEmpty { consolidated.append(ObjectCopy.memberName, ObjectCopy.json(copies)) }
      metadata.append("consolidated_metadata", .object(consolidated))
    }
    return .object(metadata)
  }

  private func v2Objects() -> [(key: StoreKey, bytes: [UInt8])] {
    let groups = Self.groups(of: arrays)
    let group: JSONValue = ["zarr_format": 2]
    var nodes: [(path: String, members: [(String, JSONValue)])] = arrays.map {
      ($0.path, [(".zarray", $0.v2Metadata), (".zattrs", $0.v2Attributes)])
    }
    for path in groups {
      let attributes = JSONObject(path.isEmpty ? attributes : [])
      nodes.append((path, [(".zgroup", group), (".zattrs", .object(attributes))]))
    }
    let key = { (path: String, name: String) in path.isEmpty ? name : "\(path)/\(name)" }
    var objects = nodes.flatMap { node in
      node.members.map {
        (key: StoreKey(literal: key(node.path, $0.0)), bytes: $0.1.bytes())
      }
    }
    guard groups.contains("") else { return objects }

    nodes.sort { Self.isEarlier($0.path, $1.path) }
    let metadata = nodes.flatMap { node in node.members.map { (key(node.path, $0.0), $0.1) } }
    let consolidated: JSONValue = [
      "metadata": .object(JSONObject(metadata)),
      "zarr_consolidated_format": 1,
    ]
    objects.append((StoreKey(literal: ".zmetadata"), consolidated.bytes()))
    return objects
  }
}
