import Storage
import Testing

@testable import S3

struct RetryTests {
  @Test func `waits double up to a bound, and are a random part of it`() {
    let policy = RetryPolicy()
    func wait(_ number: Int, _ kind: RetryKind, _ random: Double, _ after: Double? = nil) -> Double
    {
      policy.waitSeconds(afterAttempt: number, kind, retryAfter: after, random: random)
    }
    #expect((1...4).map { wait($0, .transient, 1) } == [0.1, 0.2, 0.4, 0.8])
    #expect((1...6).map { wait($0, .throttled, 1) } == [1, 2, 4, 8, 16, 20])
    #expect(wait(3, .transient, 0.5) == 0.2)
    #expect(wait(3, .transient, 0) == 0)
    #expect(wait(1, .throttled, 1, 3) == 3)
    #expect(wait(4, .throttled, 1, 3) == 8)
  }

  @Test func `retries of all requests together are bounded`() async throws {
    let transport = ScriptedTransport(.init(repeating: .response(500), count: 20_000))
    let store = try transport.store()
    let requests = 200
    for index in 0..<requests {
      _ = try? await store.read(StoreKey(literal: "x\(index)"))
    }
    // Each once, and as many retries as 500 tokens buy at 14 each.
    #expect(transport.requests.count == requests + RetryBudget.capacity / 14)
  }

  @Test func `successes fill the budget again`() {
    let budget = RetryBudget()
    #expect(budget.spend(.transient))
    #expect(budget.spend(.throttled))
    #expect(budget.left == 500 - 14 - 5)
    budget.refund(nil)
    #expect(budget.left == 500 - 14 - 5 + 1)
    budget.refund(.transient)
    budget.refund(.throttled)
    #expect(budget.left == 500)
    while budget.spend(.transient) {}
    #expect(budget.left < 14)
    #expect(!budget.spend(.corrupt))
  }

  @Test func `a server that asks for less gets less, and slowly more again`() {
    let limit = FlightLimit(requests: 64, byteLimit: 1 << 30)
    let start = ContinuousClock.now
    limit.slowDown(now: start)
    limit.slowDown(now: start + .milliseconds(500))
    #expect(limit.requestLimit == 32)
    limit.slowDown(now: start + .seconds(2))
    #expect(limit.requestLimit == 16)
    for second in 3..<20 { limit.slowDown(now: start + .seconds(second)) }
    #expect(limit.requestLimit == 2)
    for _ in 0..<10_000 { limit.succeeded() }
    #expect(limit.requestLimit == 64)
  }

  @Test func `requests and bytes under way are bounded, and a giant goes alone`() async {
    let limit = FlightLimit(requests: 3, byteLimit: 100)
    await limit.enter(byteCount: 60)
    await limit.enter(byteCount: 40)
    let waiting = Task { await limit.enter(byteCount: 1_000) }
    let behind = Task { await limit.enter(byteCount: 0) }
    limit.leave(byteCount: 60)
    limit.leave(byteCount: 40)
    await waiting.value
    await behind.value
    limit.leave(byteCount: 1_000)
    limit.leave(byteCount: 0)
  }
}
