import Foundation
import Storage
import Testing

@testable import S3

/// The real server behind `scripts/fault-proxy.py`: right values or errors, never wrong values.
@Suite(
  .enabled(if: S3Server.isThere, "needs a real S3 server; see S3Server"), .timeLimit(.minutes(3)))
struct FaultTests {
  /// The proxy, running until this value goes.
  private final class FaultProxy {
    let url: String
    private let process = Process()

    init(_ arguments: [String]) async throws {
      let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("scripts/fault-proxy.py")
      let upstream = try #require(S3Server.url.flatMap(URL.init(string:))?.port)
      let port = Int.random(in: 20_000..<32_000)
      url = "http://127.0.0.1:\(port)"
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments =
        ["python3", script.path, "--listen", "\(port)", "--upstream", "\(upstream)"] + arguments
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      for _ in 0..<100 {
        if (try? await faults()) != nil { return }
        try await Task.sleep(for: .milliseconds(100))
      }
      kill(process.processIdentifier, SIGKILL)
      throw TransportError.timedOut(reason: "the proxy does not start")
    }

    // A program started here begins with signals blocked, SIGTERM among them.
    deinit { kill(process.processIdentifier, SIGKILL) }

    var options: StoreOptions {
      var options = S3Server.options(url: url)
      options.stallSeconds = 2
      return options
    }

    func faults() async throws -> [String: Int] {
      let response = try await CurlTransport().send(
        HTTPRequest(method: .get, url: url + "/__faults"))
      return try JSONDecoder().decode([String: Int].self, from: Data(response.body))
    }
  }

  private func value(_ index: Int) -> [UInt8] {
    (0..<40_000 + index).map { UInt8(truncatingIfNeeded: $0 &* (index + 3) &* 2_654_435_761 >> 9) }
  }

  /// Does `work` with each index, many at once; how many failed.
  private func forAll(
    _ count: Int, _ work: @escaping @Sendable (Int) async throws(StoreError) -> Void
  ) async -> Int {
    await withTaskGroup(of: Bool.self) { group in
      for index in 0..<count {
        group.addTask {
          do throws(StoreError) {
            try await work(index)
            return false
          } catch {
            return true
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
  }

  // A flipped bit in a part of a value can't be noticed by the store: what reads the part has a
  // checksum for that. An ignored range is refused, but not tried again.
  @Test func `with one request in five failing, whole values are right or an error`() async throws {
    let direct = try await S3Server.newBucket()
    let proxy = try await FaultProxy(["--rate", "0.2", "--seed", "7", "--stall", "60"])
    let store = try S3Server.open(direct.client.bucket, proxy.options)
    let count = 120
    let writesFailed = await forAll(count) { index throws(StoreError) in
      try await store.write(value(index), to: StoreKey(literal: "v/\(index)"))
    }
    // Twice, so that by chance no fault is left out: three of them only an answer with a body meets.
    let readsFailed = await forAll(2 * count) { number throws(StoreError) in
      let index = number / 2
      let key = StoreKey(literal: "v/\(index)")
      let found = try await store.read(key)
      #expect(found == nil || found == value(index), "\(key)")
      if found == nil {
        let really = try await direct.read(key)
        #expect(really == nil, "\(key) is there")
      }
    }
    let faults = try await proxy.faults()
    for fault in ["slowdown", "internal", "reset", "lost", "truncated", "stalled", "flipped"] {
      #expect(faults[fault, default: 0] > 0, "\(fault)")
    }
    // 0.2 to the fifth power, of 360, is about one in ten.
    #expect(writesFailed + readsFailed <= 3)
    // What was written is what is there.
    for index in 0..<count {
      let found = try await direct.read(StoreKey(literal: "v/\(index)"))
      #expect(found == nil || found == value(index))
    }
    #expect(faults["requests", default: 0] <= count * 3 * RetryPolicy().attempts)
  }

  @Test func `with one request in five failing, ranges are right or an error`() async throws {
    let direct = try await S3Server.newBucket()
    let whole = value(60_000)
    try await direct.write(whole, to: StoreKey(literal: "x"))
    let proxy = try await FaultProxy([
      "--rate", "0.2", "--seed", "3", "--stall", "60",
      "--faults", "slowdown,internal,reset,lost,truncated,stalled,ignored",
    ])
    let store = try S3Server.open(direct.client.bucket, proxy.options)
    let failed = await forAll(150) { index throws(StoreError) in
      let range = index * 600..<index * 600 + 1_000
      let found = try await store.read(StoreKey(literal: "x"), .bounds(range))
      #expect(found == Array(whole[range]))
    }
    let ignored = try await proxy.faults()["ignored", default: 0]
    #expect(ignored > 0)
    #expect(failed >= ignored && failed <= ignored + 3)
  }

  @Test func `uploads in parts, listings and locks survive one failure in five`() async throws {
    let direct = try await S3Server.newBucket()
    let proxy = try await FaultProxy([
      "--rate", "0.2", "--seed", "11",
      "--faults", "slowdown,internal,reset,lost,truncated",
    ])
    let store = try S3Server.open(direct.client.bucket, proxy.options)
    let part = value(1)
    let key = StoreKey(literal: "big")
    let upload = try await store.upload(to: key)
    var all: [UInt8] = []
    for _ in 0..<600 {
      try await upload.append(part)
      all += part
    }
    try await upload.finish()
    #expect(try await direct.read(key) == all)

    for index in 0..<20 {
      let lock = StoreKey(literal: "lock/\(index)")
      // Nobody else is there: a lost answer must not look like somebody's lock.
      try await store.write([UInt8(index)], to: lock, .ifAbsent)
      await #expect(throws: StoreError.alreadyExists(key: lock)) {
        try await store.write([99], to: lock, .ifAbsent)
      }
      #expect(try await direct.read(lock) == [UInt8(index)])
    }
    #expect(try await store.list(StoreKey(literal: "lock"), recursive: true).objects.count == 20)
    try await store.delete((0..<20).map { StoreKey(literal: "lock/\($0)") })
    #expect(try await direct.list(nil, recursive: true).objects.map(\.key) == [key])
  }
}
