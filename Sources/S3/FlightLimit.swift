internal import Synchronization

/// Bounds the requests under way and the bytes they carry; the others wait in order.
///
/// How many requests is halved when a server asks for less, and grows back one by one.
final class FlightLimit: Sendable {
  private struct Waiter {
    let byteCount: Int
    let continuation: UnsafeContinuation<Void, Never>
  }

  private struct State {
    var requestLimit: Double
    var requests = 0
    var byteCount = 0
    var waiters: [Waiter] = []
    var lastDecrease: ContinuousClock.Instant?
  }

  private let most: Int
  private let byteLimit: Int
  private let state: Mutex<State>

  init(requests: Int, byteLimit: Int) {
    most = requests
    self.byteLimit = byteLimit
    state = Mutex(State(requestLimit: Double(requests)))
  }

  /// Waits until there is room. A request larger than all the room goes alone.
  func enter(byteCount: Int) async {
    let byteCount = min(byteCount, byteLimit)
    await withUnsafeContinuation { continuation in
      let mayGo = state.withLock { state in
        if state.waiters.isEmpty, admits(byteCount, state) {
          state.requests += 1
          state.byteCount += byteCount
          return true
        }
        state.waiters.append(Waiter(byteCount: byteCount, continuation: continuation))
        return false
      }
      if mayGo { continuation.resume() }
    }
  }

  func leave(byteCount: Int) {
    let next = state.withLock { state in
      state.requests -= 1
      state.byteCount -= min(byteCount, byteLimit)
      var next: [UnsafeContinuation<Void, Never>] = []
      while let waiter = state.waiters.first, admits(waiter.byteCount, state) {
        state.requests += 1
        state.byteCount += waiter.byteCount
        next.append(waiter.continuation)
        state.waiters.removeFirst()
      }
      return next
    }
    for continuation in next { continuation.resume() }
  }

  /// The server asked for fewer requests. Counts once a second: many answers come from one burst.
  func slowDown(now: ContinuousClock.Instant = .now) {
    state.withLock { state in
      if let last = state.lastDecrease, now - last < .seconds(1) { return }
      state.lastDecrease = now
      state.requestLimit = max(2, min(state.requestLimit, Double(most)) / 2)
    }
  }

  func succeeded() {
    state.withLock { state in
      state.requestLimit = min(Double(most), state.requestLimit + 1 / max(1, state.requestLimit))
    }
  }

  /// How many requests may be under way now.
  var requestLimit: Int { state.withLock { Int($0.requestLimit) } }

  private func admits(_ byteCount: Int, _ state: State) -> Bool {
    state.requests == 0
      || (state.requests < Int(state.requestLimit) && state.byteCount + byteCount <= byteLimit)
  }
}
