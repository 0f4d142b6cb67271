import StoreContract
import Testing

@testable import Storage

struct StoreContractTests {
  @Test(arguments: StoreCheck.all)
  func `memory`(check: StoreCheck) async throws {
    try await check.run(MemoryStore())
  }

  @Test(arguments: StoreCheck.all)
  func `folder`(check: StoreCheck) async throws {
    let folder = TemporaryFolder()
    try await check.run(FolderStore(path: folder.path + "/not/there/yet"))
  }

  @Test(arguments: StoreCheck.all)
  func `prefix`(check: StoreCheck) async throws {
    let store = MemoryStore()
    try await store.write([1], to: StoreKey(literal: "inne"))
    try await store.write([1], to: StoreKey(literal: "inner2"))
    try await check.run(PrefixStore(store, prefix: StoreKey(literal: "inner")))
  }

  @Test(arguments: StoreCheck.all)
  func `prefix of a prefix of a folder`(check: StoreCheck) async throws {
    let folder = TemporaryFolder()
    let outer = PrefixStore(FolderStore(path: folder.path), prefix: StoreKey(literal: "a"))
    try await check.run(PrefixStore(outer, prefix: StoreKey(literal: "b/c")))
  }

  @Test(arguments: StoreCheck.all)
  func `counting`(check: StoreCheck) async throws {
    try await check.run(CountingStore(MemoryStore()))
  }

  @Test(arguments: StoreCheck.all)
  func `limit`(check: StoreCheck) async throws {
    try await check.run(LimitStore(MemoryStore(), concurrency: 2))
  }

  @Test(arguments: StoreCheck.all)
  func `simulated network`(check: StoreCheck) async throws {
    let network = SimulatedNetwork(
      latencySeconds: 0.0005, jitterSeconds: 0.0005, bytesPerSecond: 1e10)
    try await check.run(SimulatedNetworkStore(MemoryStore(), network))
  }
}
