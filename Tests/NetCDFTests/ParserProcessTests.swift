import Foundation
import Glibc
import NetCDF
import Storage
import Synchronization
import Testing

/// A store that holds back one kind of read until it is told to go on.
private final class HeldStore: ByteStore {
  let inner = MemoryStore()
  private let isHeld = Mutex(true)
  let location = "held"

  func release() { isHeld.withLock { $0 = false } }

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    // The head goes through; what the parser asks for is held.
    if case .bounds(let bounds) = range, bounds.lowerBound > 0, key.text == "held.nc" {
      while isHeld.withLock({ $0 }) { try? await Task.sleep(for: .milliseconds(5)) }
    }
    return try await inner.read(key, range)
  }

  func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? { try await inner.info(key) }
  func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) { try await inner.write(bytes, to: key, condition) }
  func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    try await inner.upload(to: key)
  }
  func delete(_ keys: [StoreKey]) async throws(StoreError) { try await inner.delete(keys) }
  func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await inner.list(prefix, recursive: recursive)
  }
}

struct ParserProcessTests {
  /// A granule in three blocks, whose HDF5 structures come last.
  private static func bytes() throws -> [UInt8] {
    let path = TestData.folder + "/" + GranuleParserTests.file
    // A user block puts the superblock past the head that is sent along.
    return try [UInt8](repeating: 0, count: 1 << 19) + Data(contentsOf: URL(filePath: path))
  }

  /// The command under a name of its own, to find its processes by.
  private static func ownExecutable() throws -> (path: String, folder: URL) {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.appending(path: "pixeldrill").path
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: TestData.executable)
    return (path, folder)
  }

  private static func processes(of executable: String) throws -> [pid_t] {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
      .filter { process in
        let command = try? Data(contentsOf: URL(filePath: "/proc/\(process)/cmdline"))
        return command?.starts(with: Array((executable + "\0").utf8)) ?? false
      }
  }

  private static func wait(for condition: () throws -> Bool) async throws {
    for _ in 0..<1000 {
      if try condition() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("it didn't come")
  }

  @Test(arguments: [SIGKILL, SIGSTOP])
  func `a process that dies or hangs costs one granule`(signal: Int32) async throws {
    let (path, folder) = try Self.ownExecutable()
    defer { try? FileManager.default.removeItem(at: folder) }
    let parser = GranuleParser(executable: path, workers: 1, deadlineSeconds: 1)
    let store = HeldStore()
    let bytes = try Self.bytes()
    var sources: [GranuleSource] = []
    for name in ["held.nc", "next.nc"] {
      let key = try StoreKey(name)
      try await store.write(bytes, to: key)
      let info = try #require(try await store.info(key))
      sources.append(GranuleSource(store: store, key: key, info: info))
    }
    let held = sources[0]
    let next = sources[1]
    async let result = #expect(throws: GranuleError.self) {
      _ = try await parser.header(of: held)
    }
    try await Self.wait { try !Self.processes(of: path).isEmpty }
    // Time for it to ask for bytes, which are held back.
    try await Task.sleep(for: .milliseconds(300))
    for process in try Self.processes(of: path) { kill(process, signal) }
    store.release()
    let error = await result
    #expect(error?.reason == (signal == SIGKILL ? .crashed(signal: 9) : .timedOut(seconds: 1)))
    #expect(try await parser.header(of: next).variables.count == 19)
  }

  @Test func `processes end with their parser`() async throws {
    let (path, folder) = try Self.ownExecutable()
    defer { try? FileManager.default.removeItem(at: folder) }
    do {
      let parser = GranuleParser(executable: path, workers: 2, deadlineSeconds: 20)
      _ = try await parser.header(of: TestData.source(GranuleParserTests.file))
      #expect(try !Self.processes(of: path).isEmpty)
    }
    try await Self.wait { try Self.processes(of: path).isEmpty }
  }

  @Test func `a command that can't be started is named`() async throws {
    let parser = GranuleParser(executable: "/nowhere/pixeldrill", workers: 1, deadlineSeconds: 1)
    let source = try await TestData.source(GranuleParserTests.file)
    let error = await #expect(throws: GranuleError.self) {
      _ = try await parser.header(of: source)
    }
    guard case .noParser(let reason) = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("/nowhere/pixeldrill"))
  }

  @Test func `a store's error reaches the caller through the process`() async throws {
    let parser = GranuleParser(
      executable: TestData.executable, workers: 1, deadlineSeconds: 20)
    let key = try StoreKey("held.nc")
    let store = FailingStore(bytes: try Self.bytes())
    let info = ObjectInfo(
      key: key, byteCount: store.bytes.count, etag: nil, modifiedSeconds: nil)
    let source = GranuleSource(store: store, key: key, info: info)
    let error = await #expect(throws: GranuleError.self) {
      _ = try await parser.header(of: source)
    }
    #expect(error?.reason == .storage(FailingStore.error))
  }
}

/// Gives the first bytes and fails for all others.
private struct FailingStore: ByteStore {
  static let error = StoreError.unavailable(
    key: nil, location: "failing", attempts: 5, httpStatus: 503, reason: "slow down")
  let bytes: [UInt8]
  let location = "failing"

  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    guard case .bounds(let bounds) = range, bounds.lowerBound == 0 else { throw Self.error }
    return Array(bytes[bounds])
  }
  func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? { throw Self.error }
  func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) { throw Self.error }
  func upload(to key: StoreKey) async throws(StoreError) -> any Upload { throw Self.error }
  func delete(_ keys: [StoreKey]) async throws(StoreError) { throw Self.error }
  func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    throw Self.error
  }
}
