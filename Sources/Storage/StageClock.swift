internal import Glibc
internal import Synchronization

/// CPU time of the stages of a conversion, over all threads.
///
/// Reading a thread's clock takes a third of a microsecond: use it for pieces of work much longer
/// than that, and only where somebody asked for a profile.
public final class StageClock: Sendable {
  public enum Stage: Int, CaseIterable, Sendable {
    case inflate, unshuffle, hold, gather, encode
  }

  private let inflate = Atomic<Int>(0)
  private let unshuffle = Atomic<Int>(0)
  private let hold = Atomic<Int>(0)
  private let gather = Atomic<Int>(0)
  private let encode = Atomic<Int>(0)

  public init() {}

  /// CPU seconds that a stage has taken so far.
  public func seconds(_ stage: Stage) -> Double {
    let nanoseconds =
      switch stage {
      case .inflate: inflate.load(ordering: .relaxed)
      case .unshuffle: unshuffle.load(ordering: .relaxed)
      case .hold: hold.load(ordering: .relaxed)
      case .gather: gather.load(ordering: .relaxed)
      case .encode: encode.load(ordering: .relaxed)
      }
    return Double(nanoseconds) / 1e9
  }

  private func add(_ nanoseconds: Int, _ stage: Stage) {
    switch stage {
    case .inflate: inflate.add(nanoseconds, ordering: .relaxed)
    case .unshuffle: unshuffle.add(nanoseconds, ordering: .relaxed)
    case .hold: hold.add(nanoseconds, ordering: .relaxed)
    case .gather: gather.add(nanoseconds, ordering: .relaxed)
    case .encode: encode.add(nanoseconds, ordering: .relaxed)
    }
  }

  fileprivate func measure<Value, Failure: Error>(
    _ stage: Stage, _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    let start = Self.threadNanoseconds
    defer { add(Self.threadNanoseconds - start, stage) }
    return try work()
  }

  private static var threadNanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
  }
}

extension Optional where Wrapped == StageClock {
  /// Does some work, and counts its CPU time if there is a clock.
  ///
  /// - Precondition: `work` stays on its thread.
  @inline(__always)
  public func measure<Value, Failure: Error>(
    _ stage: StageClock.Stage, _ work: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    guard let clock = self else { return try work() }
    return try clock.measure(stage, work)
  }
}
