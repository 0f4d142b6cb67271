import Foundation
import Storage
import Synchronization
import Testing

@testable import Rechunk

/// Time that passes when a test says so.
private final class TestTime: Sendable {
  private let passed = Mutex(0.0)
  private let start = ContinuousClock.now

  func pass(_ seconds: Double) { passed.withLock { $0 += seconds } }

  var clock: LockClock {
    LockClock(
      seconds: { 1_000_000 + self.passed.withLock { $0 } },
      instant: { self.start + .seconds(self.passed.withLock { $0 }) })
  }
}

struct WriteLockTests {
  private let root = MemoryStore()
  private let time = TestTime()

  private func take(breaks: Bool = false) async throws -> WriteLock {
    try await WriteLock.take(2020, in: root, breaks: breaks, clock: time.clock) { _ in }
  }

  @Test func `a second writer is refused, and the next one isn't`() async throws {
    let first = try await take()
    let error = await #expect(throws: LockError.self) { try await take() }
    #expect("\(try #require(error))".contains("process \(getpid())"))
    try await first.during {}
    #expect(try await contents(of: root).isEmpty)
    _ = try await take()
  }

  @Test func `another year's lock is another one`() async throws {
    _ = try await take()
    _ = try await WriteLock.take(2021, in: root, breaks: false) { _ in }
  }

  @Test func `of many takers one wins`() async throws {
    let locks = await withTaskGroup(of: WriteLock?.self) { group in
      for _ in 0..<20 { group.addTask { try? await take() } }
      return await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
    }
    #expect(locks.count == 1)
    try await locks.first?.confirm()
  }

  @Test func `an expired lock is taken over, and its owner finds out before it writes`()
    async throws
  {
    let sleeper = try await take()
    time.pass(WriteLock.leaseSeconds + 1)
    let second = try await take()
    await #expect(throws: LockError.self) { try await sleeper.check() }
    await #expect(throws: LockError.self) { try await sleeper.confirm() }
    try await second.check()
    // Giving up what isn't its own harms nobody.
    await #expect(throws: LockError.self) { try await sleeper.during { try await sleeper.check() } }
    try await second.confirm()
  }

  @Test func `a sleeper whose follower has come and gone finds out, too`() async throws {
    let sleeper = try await take()
    time.pass(WriteLock.leaseSeconds + 1)
    try await take().during {}
    await #expect(throws: LockError.self) { try await sleeper.check() }
    _ = try await take()
    await #expect(throws: LockError.self) { try await sleeper.check() }
  }

  @Test func `an owner who slept while nobody came goes on`() async throws {
    let sleeper = try await take()
    time.pass(WriteLock.leaseSeconds + 1)
    try await sleeper.check()
    await #expect(throws: LockError.self) { try await take() }
  }

  @Test func `a lock that is broken is noticed at once`() async throws {
    let first = try await take()
    let second = try await take(breaks: true)
    await #expect(throws: LockError.self) { try await first.confirm() }
    try await second.confirm()
  }

  @Test func `nothing is written through a lock that is lost`() async throws {
    let guarded = GuardedStore(store: root, lock: try await take())
    let key = StoreKey(literal: "zarrs/2020/x")
    try await guarded.write([1], to: key)
    let upload = try await guarded.upload(to: key)
    time.pass(WriteLock.leaseSeconds + 1)
    _ = try await take()
    await #expect(throws: StoreError.self) { try await guarded.write([2], to: key) }
    await #expect(throws: StoreError.self) { try await guarded.delete([key]) }
    await #expect(throws: StoreError.self) { try await upload.finish() }
    #expect(try await root.read(key) == [1])
  }

  @Test func `a store that ignores conditions is found out`() async throws {
    let notices = Mutex<[ConversionNotice]>([])
    _ = try await WriteLock.take(2020, in: HeedlessStore(), breaks: false) { notice in
      notices.withLock { $0.append(notice) }
    }
    #expect(notices.withLock { $0 } == [.unguarded(location: "memory")])
  }

  @Test func `a process that has ended is known to be gone`() throws {
    #expect(!ProcessIdentity.current.isGone)
    let child = Process()
    child.executableURL = URL(fileURLWithPath: "/bin/sleep")
    child.arguments = ["600"]
    try child.run()
    let own = ProcessIdentity.current
    let identity = ProcessIdentity(
      host: own.host, process: Int(child.processIdentifier), machine: own.machine,
      begin: try #require(ProcessIdentity.beginning(of: Int(child.processIdentifier))))
    #expect(!identity.isGone)
    kill(child.processIdentifier, SIGKILL)
    child.waitUntilExit()
    #expect(identity.isGone)
    // The same number on another machine says nothing.
    #expect(
      !ProcessIdentity(
        host: "elsewhere", process: identity.process, machine: "another", begin: identity.begin
      ).isGone)
  }
}
