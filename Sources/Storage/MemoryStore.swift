internal import Glibc
internal import Synchronization

/// Values in memory.
public final class MemoryStore: ByteStore {
  private struct Value {
    let bytes: [UInt8]
    let revision: Int
    let modifiedSeconds: Double
  }

  private struct Contents {
    var values: [StoreKey: Value] = [:]
    var revision = 0
  }

  public let location: String
  private let contents = Mutex(Contents())

  /// - Parameter location: What errors call this store.
  public init(location: String = "memory") { self.location = location }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    contents.withLock { $0.values[key].map { Self.info(key, $0) } }
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    guard let bytes = contents.withLock({ $0.values[key]?.bytes }) else { return nil }
    guard let bounds = range.resolved(byteCount: bytes.count) else {
      throw .outOfBounds(range, byteCount: bytes.count, key: key)
    }
    return bounds.count == bytes.count ? bytes : [UInt8](bytes[bounds])
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    let written = contents.withLock { contents in
      if condition == .ifAbsent, contents.values[key] != nil { return false }
      contents.revision += 1
      contents.values[key] = Value(
        bytes: bytes, revision: contents.revision, modifiedSeconds: Self.now())
      return true
    }
    if !written { throw .alreadyExists(key: key) }
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    BufferedUpload { bytes throws(StoreError) in try await self.write(bytes, to: key) }
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    contents.withLock { contents in
      for key in keys { contents.values[key] = nil }
    }
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    contents.withLock { contents in
      var listing = Listing()
      var prefixes: Set<StoreKey> = []
      for (key, value) in contents.values {
        guard let below = prefix.map({ key.relative(to: $0) }) ?? key else { continue }
        if recursive || below.parent == nil {
          listing.objects.append(Self.info(key, value))
        } else {
          var first = below
          while let parent = first.parent { first = parent }
          prefixes.insert(prefix?.appending(first) ?? first)
        }
      }
      listing.objects.sort { $0.key < $1.key }
      listing.prefixes = prefixes.sorted()
      return listing
    }
  }

  private static func info(_ key: StoreKey, _ value: Value) -> ObjectInfo {
    ObjectInfo(
      key: key, byteCount: value.bytes.count, etag: String(value.revision),
      modifiedSeconds: value.modifiedSeconds)
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
