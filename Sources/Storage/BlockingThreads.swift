internal import Foundation

/// A few threads for calls that block, so that they don't hold up Swift's cooperative pool.
///
/// Threads start when there is work and no idle one; all end with their owner.
final class BlockingThreads: Sendable {
  private let queue: Queue

  init(limit: Int) { queue = Queue(limit: limit) }

  deinit { queue.stop() }

  func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws(StoreError) -> Value
  ) async throws(StoreError) -> Value {
    let result: Result<Value, StoreError> = await withUnsafeContinuation { continuation in
      queue.submit { continuation.resume(returning: Result(catching: work)) }
    }
    return try result.get()
  }
}

/// - Invariant: all fields are touched only with `condition` locked.
private final class Queue: @unchecked Sendable {
  private let condition = NSCondition()
  private let limit: Int
  private var jobs: [(@Sendable () -> Void)?] = []
  /// Those before it are taken, and `nil` so that what they hold is freed.
  private var firstJob = 0
  private var threadCount = 0
  private var idleCount = 0
  private var isStopped = false

  init(limit: Int) { self.limit = limit }

  func submit(_ job: @escaping @Sendable () -> Void) {
    condition.withLock {
      jobs.append(job)
      if idleCount >= jobs.count - firstJob {
        condition.signal()
      } else if threadCount < limit {
        threadCount += 1
        Thread { self.work() }.start()
      }
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.broadcast()
    }
  }

  private func work() {
    while let job = next() { job() }
  }

  private func next() -> (@Sendable () -> Void)? {
    condition.withLock {
      while firstJob == jobs.count {
        if isStopped { return nil }
        idleCount += 1
        condition.wait()
        idleCount -= 1
      }
      let job = jobs[firstJob].take()
      firstJob += 1
      if firstJob == jobs.count || firstJob == 256 {
        jobs.removeFirst(firstJob)
        firstJob = 0
      }
      return job
    }
  }
}
