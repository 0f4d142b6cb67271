internal import Synchronization

/// How far away a simulated store is.
public struct SimulatedNetwork: Hashable, Sendable {
  /// Before the first byte of every answer.
  public var latencySeconds: Double
  /// The most by which a request's latency is longer or shorter.
  public var jitterSeconds: Double
  /// Of each request by itself; `nil`: no limit.
  public var bytesPerSecond: Double?
  public var seed: UInt64

  public init(
    latencySeconds: Double, jitterSeconds: Double = 0, bytesPerSecond: Double? = nil,
    seed: UInt64 = 1
  ) {
    self.latencySeconds = latencySeconds
    self.jitterSeconds = jitterSeconds
    self.bytesPerSecond = bytesPerSecond
    self.seed = seed
  }

  /// How long request `number` takes to move `byteCount`.
  func seconds(request number: UInt64, byteCount: Int) -> Double {
    // SplitMix64 of the number: the jitter doesn't depend on which request comes first.
    var bits = seed &+ (number &+ 1) &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    bits ^= bits >> 31
    let jitter = (Double(bits >> 11) / Double(1 << 53) * 2 - 1) * jitterSeconds
    let transfer = bytesPerSecond.map { Double(byteCount) / $0 } ?? 0
    return max(0, latencySeconds + jitter) + transfer
  }
}

/// A store that answers as late as one behind a network would, for measurements.
public final class SimulatedNetworkStore: ByteStore {
  private let store: any ByteStore
  private let network: SimulatedNetwork
  private let requestCount = Atomic<UInt64>(0)

  public init(_ store: any ByteStore, _ network: SimulatedNetwork) {
    self.store = store
    self.network = network
  }

  public var location: String { store.location }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    try await delay(0)
    return try await store.info(key)
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    let bytes = try await store.read(key, range)
    try await delay(bytes?.count ?? 0)
    return bytes
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    try await delay(bytes.count)
    try await store.write(bytes, to: key, condition)
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    try await delay(0)
    return WrappedUpload(try await store.upload(to: key)) {
      (byteCount, step) throws(StoreError) in
      try await self.delay(byteCount)
      try await step()
    }
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    try await delay(0)
    try await store.delete(keys)
  }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await delay(0)
    return try await store.list(prefix, recursive: recursive)
  }

  public func persist(_ keys: [StoreKey]) async throws(StoreError) {
    try await store.persist(keys)
  }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] {
    try await delay(0)
    return try await store.unfinishedUploads(below: prefix)
  }

  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    try await delay(0)
    try await store.removeUnfinishedUploads(below: prefix)
  }

  private func delay(_ byteCount: Int) async throws(StoreError) {
    let number = requestCount.wrappingAdd(1, ordering: .relaxed).oldValue
    do {
      try await Task.sleep(
        for: .seconds(network.seconds(request: number, byteCount: byteCount)))
    } catch {
      throw .unavailable(
        key: nil, location: location, attempts: 1, httpStatus: nil, reason: "cancelled")
    }
  }
}
