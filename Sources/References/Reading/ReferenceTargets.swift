public import Storage
internal import Synchronization

/// The files that references lead to, opened when they are needed and kept open.
public final class ReferenceTargets: Sendable {
  /// Opens the store that a location lies in; the key is `nil` for the whole store.
  public typealias Opener =
    @Sendable (Location) throws -> (store: any ByteStore, key: StoreKey?)

  private let open: Opener
  /// By folder, bucket or URL.
  private let stores = Mutex<[String: (store: any ByteStore, key: StoreKey?)]>([:])

  public init(open: @escaping Opener) { self.open = open }

  /// The store and key of a target, as a set names it: `s3://bucket/key`, `https://…`, `file://…`
  /// or a path.
  public func find(_ target: String) throws(StoreError) -> (store: any ByteStore, key: StoreKey) {
    do {
      let location = try Location(target)
      let (container, name) = Self.split(location)
      let text = "\(container)"
      let known = stores.withLock { $0[text] }
      let (store, key) = try known ?? open(container)
      // A URL's query may be a signature: its store is not for others.
      if known == nil, name != nil { stores.withLock { $0[text] = (store, key) } }
      guard let name else {
        guard let key else {
          throw StoreError.unsupported(location: "\(location)", reason: "it names no file")
        }
        return (store, key)
      }
      let below = try StoreKey(name)
      return (store, key.map { $0.appending(below) } ?? below)
    } catch let error as StoreError {
      throw error
    } catch {
      throw .unsupported(location: target, reason: "\(error)")
    }
  }

  /// What to open, and the name of the target in it; `nil` if it is to be opened itself.
  private static func split(_ location: Location) -> (Location, String?) {
    switch location {
    case .path(let path):
      guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else {
        return (.path("."), path)
      }
      let name = String(path[path.utf8.index(after: slash)...])
      return (.path(slash == path.startIndex ? "/" : String(path[..<slash])), name)
    case .s3(let bucket, let key): return (.s3(bucket: bucket, key: nil), key?.text)
    case .http: return (location, nil)
    }
  }

  /// What is known of a target now; `nil` if it is gone.
  public func info(_ target: String) async throws(StoreError) -> ObjectInfo? {
    let (store, key) = try find(target)
    return try await store.info(key)
  }

  /// Reads what a reference leads to, or a part of it.
  ///
  /// - Parameter range: Counts from the start of what the reference means.
  /// - Throws: ``StoreError/badAnswer(key:location:reason:)`` if the target is gone: references
  ///   to it are broken, which is not the same as fill value.
  public func read(
    _ reference: ChunkReference, of set: ReferenceSet, _ range: ByteRange = .all
  ) async throws(StoreError) -> [UInt8] {
    switch reference {
    case .inline(let bytes):
      guard let bounds = range.resolved(byteCount: bytes.count) else {
        throw .outOfBounds(range, byteCount: bytes.count, key: StoreKey(literal: "inline"))
      }
      return bounds == bytes.indices ? bytes : Array(bytes[bounds])
    case .whole(let target):
      let (store, key) = try find(set.targets[target])
      return try present(try await store.read(key, range), key, store, set)
    case .bytes(let target, let bytes):
      let (store, key) = try find(set.targets[target])
      guard let bounds = range.resolved(byteCount: bytes.count) else {
        throw .outOfBounds(range, byteCount: bytes.count, key: key)
      }
      let part = bytes.lowerBound + bounds.lowerBound..<bytes.lowerBound + bounds.upperBound
      return try present(try await store.read(key, .bounds(part)), key, store, set)
    }
  }

  /// Reads what several references lead to, those near each other in one file with one request.
  ///
  /// - Returns: One element per reference, in their order.
  public func read(
    _ references: [ChunkReference], of set: ReferenceSet
  ) async throws(StoreError) -> [[UInt8]] {
    var answers = [[UInt8]](repeating: [], count: references.count)
    var ranges: [Int: [(position: Int, range: Range<Int>)]] = [:]
    for (position, reference) in references.enumerated() {
      if case .bytes(let target, let range) = reference {
        ranges[target, default: []].append((position, range))
      } else {
        answers[position] = try await read(reference, of: set)
      }
    }
    for (target, wanted) in ranges.sorted(by: { $0.key < $1.key }) {
      let (store, key) = try find(set.targets[target])
      let parts = try await store.read(key, ranges: wanted.map(\.range))
      for (wanted, part) in zip(wanted, try present(parts, key, store, set)) {
        answers[wanted.position] = part
      }
    }
    return answers
  }

  private func present<Value>(
    _ value: Value?, _ key: StoreKey, _ store: any ByteStore, _ set: ReferenceSet
  ) throws(StoreError) -> Value {
    guard let value else {
      throw .badAnswer(
        key: key, location: store.location,
        reason: "it is gone, and references in \(set.location) lead to it")
    }
    return value
  }
}
