public import Storage
import Synchronization

/// What a running conversion has done so far; read from any thread.
public final class ConversionProgress: Sendable {
  private let read = Atomic<Int>(0)
  private let held = Atomic<Int>(0)
  private let encoded = Atomic<Int>(0)
  private let written = Atomic<Int>(0)
  private let spilled = Atomic<Int>(0)
  private let tiles = Atomic<Int>(0)
  private let resumed = Atomic<Int>(0)

  /// Where a profile is asked for.
  public let clock: StageClock?

  public init(clock: StageClock? = nil) { self.clock = clock }

  /// Stored bytes of source tiles.
  public var readByteCount: Int { read.load(ordering: .relaxed) }
  /// Decoded bytes that were held, and that were encoded; a run ends when each, with those that
  /// an earlier run had done, equals the plan's.
  public var heldByteCount: Int { held.load(ordering: .relaxed) }
  public var encodedByteCount: Int { encoded.load(ordering: .relaxed) }
  /// Decoded bytes of what needn't be done again.
  public var resumedByteCount: Int { resumed.load(ordering: .relaxed) }
  /// Bytes of finished objects.
  public var writtenByteCount: Int { written.load(ordering: .relaxed) }
  public var spilledByteCount: Int { spilled.load(ordering: .relaxed) }
  /// Source tiles read and decoded, each once.
  public var tileCount: Int { tiles.load(ordering: .relaxed) }

  func addResumed(_ count: Int) { resumed.add(count, ordering: .relaxed) }
  func addRead(_ count: Int) { read.add(count, ordering: .relaxed) }
  func addHeld(_ count: Int) { held.add(count, ordering: .relaxed) }
  func addEncoded(_ count: Int) { encoded.add(count, ordering: .relaxed) }
  func addWritten(_ count: Int) { written.add(count, ordering: .relaxed) }
  func addSpilled(_ count: Int) { spilled.add(count, ordering: .relaxed) }
  func addTiles(_ count: Int) { tiles.add(count, ordering: .relaxed) }
}

/// Hands out the numbers below a limit, each once, to many tasks.
final class Counter: Sendable {
  private let numbers = Atomic<Int>(0)
  private let limit: Int

  init(limit: Int) { self.limit = limit }

  func next() -> Int? {
    let number = numbers.add(1, ordering: .relaxed).oldValue
    return number < limit ? number : nil
  }
}
