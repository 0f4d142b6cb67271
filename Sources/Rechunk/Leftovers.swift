import Foundation
public import Storage

/// What runs that ended too early left below a root, for `clean`.
///
/// - Invariant: nothing of it belongs to a complete store, nor to a run that may live.
public struct Leftovers: Sendable {
  /// One thing to remove.
  public struct Item: Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Hashable, Sendable {
      case unfinishedStore, manifest, uploads, journal, lock
    }

    public let kind: Kind
    public let prefix: StoreKey
    public let keys: [StoreKey]

    public var description: String {
      let what =
        switch kind {
        case .unfinishedStore: "store that isn't complete"
        case .manifest: "manifest of a store that isn't complete"
        case .uploads: "temporary files or unfinished uploads"
        case .journal: "journal of a run that has ended"
        case .lock: "lock of a run that has ended"
        }
      return "\(prefix): \(what) (\(keys.count))"
    }
  }

  private let root: any ByteStore
  /// In the order of their removal: what accounts for the others goes last.
  public let items: [Item]
  /// What runs are writing now, and which; it is left alone.
  public let busy: [String]

  /// Looks through `zarrs`, `manifests`, `journals` and `locks`.
  public init(in root: any ByteStore) async throws {
    self.root = root
    var items: [Item] = []
    var busy: [String] = []
    for year in try await Self.years(in: root) {
      let lock = try await LockRecord.current(year, in: root)
      if let record = lock?.record, record.holds(at: Date().timeIntervalSince1970) {
        busy.append("\(Conversion.storeKey(year)) is being written by \(record.description)")
      } else {
        items += try await Self.items(of: year, in: root)
      }
    }
    if busy.isEmpty {
      let uploads = try await root.unfinishedUploads(below: Manifest.folder)
      if !uploads.isEmpty {
        items.append(Item(kind: .uploads, prefix: Manifest.folder, keys: uploads))
      }
    }
    self.items = items
    self.busy = busy
  }

  public func remove() async throws {
    for item in items {
      if item.kind == .uploads {
        try await root.removeUnfinishedUploads(below: item.prefix)
      } else {
        try await root.delete(item.keys)
      }
      // Folders that a killed run made for its next object hold nothing that could be listed.
      if item.kind == .unfinishedStore || item.kind == .journal {
        try await root.removeUnfinishedUploads(below: item.prefix)
      }
    }
  }

  private static func items(of year: Int, in root: any ByteStore) async throws -> [Item] {
    var items: [Item] = []
    func add(_ kind: Item.Kind, _ prefix: StoreKey, _ keys: [StoreKey]) {
      if !keys.isEmpty { items.append(Item(kind: kind, prefix: prefix, keys: keys)) }
    }
    func keys(_ prefix: StoreKey) async throws -> [StoreKey] {
      try await root.list(prefix, recursive: true).objects.map(\.key)
    }
    let store = Conversion.storeKey(year)
    let journal = try await keys(Journal.folder(year))
    let manifest = try await root.info(Manifest.key(year))?.key
    // Whether it is complete; what no run of ours accounts for is none of ours.
    if journal.count + (manifest == nil ? 0 : 1) > 0,
      try await !YearState.isComplete(year, in: root)
    {
      add(.unfinishedStore, store, try await keys(store))
      add(.manifest, Manifest.key(year), manifest.map { [$0] } ?? [])
    }
    for prefix in [store, Journal.folder(year), LockRecord.folder(year)] {
      add(.uploads, prefix, try await root.unfinishedUploads(below: prefix))
    }
    // The one that says that it is a journal goes last.
    let inputs = Journal.inputsKey(year)
    add(
      .journal, Journal.folder(year),
      journal.filter { $0 != inputs } + journal.filter { $0 == inputs })
    add(.lock, LockRecord.folder(year), try await keys(LockRecord.folder(year)))
    return items
  }

  /// The years that anything below a root is of, ascending.
  static func years(in root: any ByteStore) async throws -> [Int] {
    var years: Set<Int> = []
    for folder in ["zarrs", "journals", "locks"] {
      let listing = try await root.list(StoreKey(literal: folder), recursive: false)
      years.formUnion(listing.prefixes.compactMap { Int($0.name) })
    }
    for object in try await root.list(Manifest.folder, recursive: false).objects
    where object.key.name.hasSuffix(".json") {
      if let year = Int(object.key.name.dropLast(5)) { years.insert(year) }
    }
    return years.sorted()
  }
}
