import Storage

/// A folder, or what lies below a prefix of a store.
struct SourcePlace: Sendable {
  let store: any ByteStore
  let prefix: StoreKey?
  /// As typed, for people.
  let location: String
  private let isFolder: Bool

  static func folder(_ path: String) -> SourcePlace {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return SourcePlace(
      store: FolderStore(path: path), prefix: nil, location: path, isFolder: true)
  }

  static func remote(_ store: any ByteStore, _ key: StoreKey?, location: String) -> SourcePlace {
    SourcePlace(store: store, prefix: key, location: location, isFolder: false)
  }

  /// The last segment.
  var name: String { String(location.split(separator: "/").last ?? "") }

  /// What lies here, as a store.
  var root: any ByteStore { prefix.map { PrefixStore(store, prefix: $0) } ?? store }

  func below(_ name: String) -> SourcePlace {
    if isFolder { return .folder("\(location)/\(name)") }
    let key = StoreKey(literal: name)
    return .remote(
      store, prefix.map { $0.appending(key) } ?? key, location: "\(location)/\(name)")
  }

  /// Where a converter would have left the manifest of this store: `ROOT/manifests/<name>.json` for
  /// `ROOT/zarrs/<name>`; `nil` for a store that lies elsewhere.
  var manifest: StoreManifest? {
    let segments = location.split(separator: "/")
    guard segments.count >= 2, segments[segments.count - 2] == "zarrs" else { return nil }
    let file: StoreKey
    do { file = try StoreKey("manifests/\(name).json") } catch { return nil }
    if isFolder { return StoreManifest(store: FolderStore(path: "\(location)/../.."), key: file) }
    let root = prefix?.parent?.parent
    return StoreManifest(store: store, key: root.map { $0.appending(file) } ?? file)
  }
}

/// Spells out `{2010..2012}`, as a shell would.
enum BraceRange {
  /// - Throws: ``DrillError/badText(what:text:reason:)`` if the range runs backwards or is too long.
  static func expand(_ text: String) throws(DrillError) -> [String] {
    guard let open = text.firstIndex(of: "{"),
      let close = text[open...].firstIndex(of: "}")
    else { return [text] }
    let parts = text[text.index(after: open)..<close].split(
      separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty, let first = Int(parts[0]), let last = Int(parts[2])
    else { return [text] }
    guard first <= last, last - first < 1000 else {
      throw .badText(
        what: "source", text: text, reason: "the range in braces goes up, as in {2010..2012}")
    }
    var expanded: [String] = []
    for number in first...last {
      expanded += try expand(text[..<open] + "\(number)" + text[text.index(after: close)...])
    }
    return expanded
  }
}
