import CF
import Storage
import Synchronization
import Zarr

/// What the converter wrote beside a store: which objects it has, and what its steps were made of.
///
/// Read when it is first needed, once.
final class StoreManifest: Sendable {
  private let store: any ByteStore
  private let key: StoreKey
  private let read = Mutex<Content??>(nil)

  /// - Parameter key: Of the manifest; it need not exist.
  init(store: any ByteStore, key: StoreKey) {
    self.store = store
    self.key = key
  }

  struct Content: Sendable {
    /// Bytes of each object, by its key relative to the store.
    let byteCounts: [StoreKey: Int]
    /// By the moments as ISO 8601.
    let origins: [String: StepOrigin]
  }

  /// - Returns: `nil` if there is no manifest.
  func content() async throws(StoreError) -> Content? {
    if let known = read.withLock({ $0 }) { return known }
    let bytes = try await store.read(key)
    let content = try bytes.map { (bytes) throws(StoreError) in try parse(bytes) }
    read.withLock { $0 = .some(content) }
    return content
  }

  private func parse(_ bytes: [UInt8]) throws(StoreError) -> Content {
    let bad = StoreError.badAnswer(
      key: key, location: store.location, reason: "it is no manifest that can be read")
    let root: JSONObject?
    do { root = try JSONValue(parsing: bytes).object } catch { throw bad }
    guard let objects = root?["objects"]?.array, let sources = root?["sources"]?.array else {
      throw bad
    }
    var byteCounts: [StoreKey: Int] = [:]
    for object in objects {
      guard let text = object.object?["key"]?.string, let count = object.object?["byteCount"]?.int
      else { throw bad }
      do { byteCounts[try StoreKey(text)] = count } catch { throw bad }
    }
    var origins: [String: StepOrigin] = [:]
    for source in sources {
      guard let source = source.object, let location = source["location"]?.string,
        let times = source["times"]?.array
      else { throw bad }
      let origin = StepOrigin(
        location: location, etag: source["etag"]?.string ?? "",
        absentVariables: source["absentVariables"]?.array?.compactMap(\.string) ?? [])
      for time in times.compactMap(\.string) { origins[time] = origin }
    }
    return Content(byteCounts: byteCounts, origins: origins)
  }
}

extension StoreManifest: StepLedger {
  func origins(
    of variable: String, at instants: [TimeInstant], location: String
  ) async throws(DrillError) -> [StepOrigin] {
    let content: Content?
    do { content = try await self.content() } catch { throw .store(error) }
    return instants.map { instant in
      guard let content else { return StepOrigin(location: location, etag: "") }
      return content.origins[instant.description]
        ?? StepOrigin(location: location, etag: "", hasGranule: false)
    }
  }
}

/// A store whose manifest tells absent chunks from lost ones.
struct ListedStore: StoreView {
  let store: any ByteStore
  let manifest: StoreManifest

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    if let bytes = try await store.read(key, range) { return bytes }
    // Readers look for metadata of either version; the manifest lists chunks.
    if key.name == "zarr.json" || key.name.hasPrefix(".z") { return nil }
    if try await manifest.content()?.byteCounts[key] != nil {
      throw .badAnswer(
        key: key, location: location,
        reason: "it is gone, although the store's manifest lists it; restore it, or convert again")
    }
    return nil
  }
}
