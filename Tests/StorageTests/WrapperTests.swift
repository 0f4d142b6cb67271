import Testing

@testable import Storage

struct WrapperTests {
  private let x = StoreKey(literal: "x")

  @Test func `requests and bytes are counted by kind`() async throws {
    let store = CountingStore(MemoryStore())
    try await store.write([1, 2, 3, 4], to: x)
    _ = try await store.read(x)
    _ = try await store.read(x, .bounds(1..<2))
    _ = try await store.read(StoreKey(literal: "absent"))
    _ = try await store.info(x)
    _ = try await store.list(nil, recursive: true)
    let upload = try await store.upload(to: x)
    try await upload.append([1, 2])
    try await upload.finish()
    try await store.delete([x])
    let counts = store.counts
    #expect(StoreTally.Kind.allCases.map { counts.requests($0) } == [1, 3, 1, 1, 1, 2])
    #expect(StoreTally.Kind.allCases.map { counts.byteCount($0) } == [0, 5, 4, 0, 0, 2])
    #expect(counts.totalRequests == 9)
    store.reset()
    #expect(store.counts == StoreTally())
  }

  @Test func `failed reads are counted too`() async throws {
    let store = CountingStore(MemoryStore())
    try await store.write([1], to: x)
    _ = try? await store.read(x, .bounds(0..<2))
    #expect(store.counts.requests(.read) == 1)
  }

  @Test func `adjacent ranges cost one request`() async throws {
    let store = CountingStore(MemoryStore())
    try await store.write([UInt8](repeating: 7, count: 1_000), to: x)
    for (gapLimit, requests) in [(0, 3), (9, 3), (10, 2), (500, 1)] {
      store.reset()
      _ = try await store.read(
        x, ranges: [0..<10, 20..<30, 30..<40, 500..<510], gapLimit: gapLimit)
      #expect(store.counts.requests(.read) == requests, "gap limit \(gapLimit)")
    }
  }

  @Test func `merged ranges don't grow without bound`() {
    let half = CoalescedRanges.mergedByteLimit / 2
    let plan = CoalescedRanges([0..<half, half..<2 * half, 2 * half..<3 * half], gapLimit: 0)
    #expect(plan.merged.map(\.range) == [0..<2 * half, 2 * half..<3 * half])
  }

  @Test func `a simulated network has the delays it was told, the same for the same seed`() {
    let network = SimulatedNetwork(
      latencySeconds: 0.03, jitterSeconds: 0.01, bytesPerSecond: 1e6, seed: 7)
    let delays = (0..<1_000).map { network.seconds(request: $0, byteCount: 0) }
    #expect(delays.allSatisfy { (0.02...0.04).contains($0) })
    #expect(abs(delays.reduce(0, +) / 1_000 - 0.03) < 0.001)
    #expect(delays == (0..<1_000).map { network.seconds(request: $0, byteCount: 0) })
    #expect(network.seconds(request: 3, byteCount: 500_000) == delays[3] + 0.5)
  }

  @Test func `a limited store has no more requests under way than allowed`() async throws {
    let inner = MemoryStore()
    try await inner.write([1], to: x)
    let network = SimulatedNetwork(latencySeconds: 0.01)
    let store = LimitStore(SimulatedNetworkStore(inner, network), concurrency: 4)
    let clock = ContinuousClock()
    let time = try await clock.measure {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<16 { group.addTask { _ = try await store.read(x) } }
        try await group.waitForAll()
      }
    }
    #expect(time >= .milliseconds(40))
  }

  @Test func `a prefix's errors speak of the caller's key`() async throws {
    let store = PrefixStore(MemoryStore(location: "m"), prefix: StoreKey(literal: "p/q"))
    #expect(store.location == "m/p/q")
    try await store.write([1], to: x)
    await #expect(throws: StoreError.rangeOutOfBounds(0..<2, byteCount: 1, key: x)) {
      try await store.read(x, .bounds(0..<2))
    }
  }
}
