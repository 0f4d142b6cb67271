internal import Glibc
internal import Synchronization

/// CPU time and bytes of the stages of a conversion, over all threads.
///
/// Reading a thread's clock takes a third of a microsecond: time pieces of work much longer than
/// that, or sample them; and only where somebody asked for a profile.
public final class StageClock: Sendable {
  public enum Stage: Int, CaseIterable, Sendable {
    /// Everything before the first byte is converted, except reading.
    case scan
    /// Files.
    case read
    /// To and from servers.
    case transfer
    case inflate, unshuffle, hold, gather, unpack, encode
    /// Files.
    case write
  }

  private final class Total: Sendable {
    let nanoseconds = Atomic<Int>(0)
    let byteCount = Atomic<Int>(0)
  }

  private let totals = Stage.allCases.map { _ in Total() }

  public init() {}

  /// CPU seconds that a stage has taken so far.
  public func seconds(_ stage: Stage) -> Double {
    Double(totals[stage.rawValue].nanoseconds.load(ordering: .relaxed)) / 1e9
  }

  /// CPU seconds of all stages so far.
  public var totalSeconds: Double { Stage.allCases.reduce(0) { $0 + seconds($1) } }

  /// Bytes that a stage has worked on.
  public func byteCount(_ stage: Stage) -> Int {
    totals[stage.rawValue].byteCount.load(ordering: .relaxed)
  }

  public func add(_ stage: Stage, seconds: Double, byteCount: Int) {
    add(stage, nanoseconds: Int(seconds * 1e9), byteCount: byteCount)
  }

  private func add(_ stage: Stage, nanoseconds: Int, byteCount: Int) {
    let total = totals[stage.rawValue]
    total.nanoseconds.add(nanoseconds, ordering: .relaxed)
    total.byteCount.add(byteCount, ordering: .relaxed)
  }

  fileprivate func measure<Value, Failure: Error>(
    _ stage: Stage, byteCount: Int, times: Int, _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let start = Self.threadNanoseconds
    defer {
      let taken = max(0, Self.threadNanoseconds - start - Self.overhead)
      add(stage, nanoseconds: taken * times, byteCount: byteCount * times)
    }
    return try work()
  }

  /// What two readings of the clock differ by if nothing happens between them.
  private static let overhead =
    (0..<100).map { _ in
      let start = threadNanoseconds
      return threadNanoseconds - start
    }.min() ?? 0

  private static var threadNanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}

extension Optional where Wrapped == StageClock {
  /// Does some work, and counts its CPU time if there is a clock.
  ///
  /// - Parameter byteCount: How much is worked on.
  /// - Precondition: `work` stays on its thread.
  @inline(__always)
  public func measure<Value, Failure: Error>(
    _ stage: StageClock.Stage, byteCount: Int = 0, _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let clock = self else { return try work() }
    return try clock.measure(stage, byteCount: byteCount, times: 1, work)
  }

  /// Does a piece of work too short to be timed, and times every 61st of them for all.
  ///
  /// - Parameter position: Counts the pieces.
  @inline(__always)
  public func sample<Value, Failure: Error>(
    _ stage: StageClock.Stage, byteCount: Int, at position: inout Int,
    _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let clock = self else { return try work() }
    position += 1
    guard position % 61 == 0 else { return try work() }
    return try clock.measure(stage, byteCount: byteCount, times: 61, work)
  }
}
