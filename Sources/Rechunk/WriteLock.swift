import Foundation
import Storage
import Synchronization

/// The right to write a year, which one run has at a time.
///
/// A lock is an object that is created only if it isn't there. To renew it, or to take it over
/// when it has expired, the one with the next number is created: of several who try, one wins, and
/// whoever finds a number above its own has lost. So stores need no more than conditional
/// creation.
///
/// A run that was paused past the expiry finds out before it writes anything: by its own clock
/// before every write, and by looking at the store before what finishes a task or a year.
final class WriteLock: Sendable {
  /// Seconds that a lock holds without being renewed, and between renewals.
  static let leaseSeconds = 90.0
  private static let renewalSeconds = 25.0
  /// By how much sooner than others the owner takes its own lock for expired.
  private static let marginSeconds = 20.0

  private struct State {
    var number: Int
    /// On this machine's own clock, which goes on while it sleeps.
    var validUntil: ContinuousClock.Instant
    var problem: LockError?
  }

  private let root: any ByteStore
  private let year: Int
  private let run: String
  private let startedSeconds: Double
  private let clock: LockClock
  private let state: Mutex<State>

  private init(_ root: any ByteStore, _ year: Int, _ run: String, _ clock: LockClock, _ number: Int)
  {
    self.root = root
    self.year = year
    self.run = run
    self.clock = clock
    startedSeconds = clock.seconds()
    state = Mutex(State(number: number, validUntil: clock.instant(), problem: nil))
  }

  /// Takes the lock of a year, if nobody holds it.
  ///
  /// - Parameter breaks: Takes it also from a run that may live.
  /// - Throws: ``LockError/held(location:by:expiresSeconds:)``.
  static func take(
    _ year: Int, in root: any ByteStore, breaks: Bool, clock: LockClock = LockClock(),
    notice: (ConversionNotice) -> Void
  ) async throws -> WriteLock {
    while true {
      let found = try await LockRecord.current(year, in: root)
      if let record = found?.record {
        if !breaks, record.holds(at: clock.seconds()) {
          throw LockError.held(
            location: "\(root.location)/zarrs/\(year)", by: record.description,
            expiresSeconds: record.expiresSeconds)
        }
        notice(.lockTaken(year: year, from: record.description))
      }
      let lock = WriteLock(root, year, UUID().uuidString, clock, found?.number ?? 0)
      do {
        guard try await lock.advance(isRenewal: false) else { continue }
      } catch let error as StoreError {
        // The winner of a race removes what the others leave, even as they write it.
        let winner = try await LockRecord.current(year, in: root)
        if let winner, winner.number != found?.number { continue }
        throw error
      }
      try await lock.checkConditions(notice)
      try await root.removeUnfinishedUploads(below: LockRecord.folder(year))
      return lock
    }
  }

  /// Runs `work` while it renews the lock, and gives the lock up in the end.
  func during<Result: Sendable>(
    _ work: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    let renewal = Task { [clock] in
      while !Task.isCancelled {
        try await clock.sleep(Self.renewalSeconds)
        // An unreachable store: the next turn tries again, until the lock has expired.
        do { try await renew() } catch is LockError { return } catch { continue }
      }
    }
    defer { renewal.cancel() }
    do {
      let result = try await work()
      renewal.cancel()
      await release()
      return result
    } catch {
      renewal.cancel()
      // What followed from the loss of the lock is no news; that it is lost is.
      do { try await confirm() } catch let lost as LockError { throw lost } catch {}
      await release()
      throw error
    }
  }

  /// Before a write: cheap, since it looks at the clock alone while the lock is valid.
  func check() async throws {
    if let problem = state.withLock({ $0.problem }) { throw problem }
    guard clock.instant() >= state.withLock({ $0.validUntil }) else { return }
    try await renew()
  }

  /// Before what finishes a task or a year: looks whether the lock is still this run's.
  func confirm() async throws {
    if let problem = state.withLock({ $0.problem }) { throw problem }
    let number = state.withLock { $0.number }
    guard let found = try await LockRecord.current(year, in: root) else { throw lost(to: nil) }
    guard found.number == number, found.record?.run == run else {
      // Renewed meanwhile by another task of this run, or taken over.
      if found.record?.run == run { return }
      throw lost(to: found.record)
    }
  }

  private func renew() async throws {
    try await confirm()
    // If it wasn't this run that was quicker, the lock is lost.
    if try await !advance(isRenewal: true) { try await confirm() }
  }

  private func lost(to record: LockRecord?) -> LockError {
    let error = LockError.lost(
      location: "\(root.location)/zarrs/\(year)", to: record?.description)
    state.withLock { $0.problem = error }
    return error
  }

  /// Creates the lock with the next number, and removes those below.
  ///
  /// - Returns: `false` if another run was quicker.
  private func advance(isRenewal: Bool) async throws -> Bool {
    let before = state.withLock { $0.number }
    let number = before + 1
    let validUntil = clock.instant() + .seconds(Self.leaseSeconds - Self.marginSeconds)
    guard try await create(number) else { return false }
    let numbers = try await root.list(LockRecord.folder(year), recursive: true).objects
      .compactMap { LockRecord.number($0.key) }
    // Without the last one, another run has come and gone meanwhile.
    guard numbers.max() == number, !isRenewal || numbers.contains(before) else {
      try await root.delete([LockRecord.key(year, number)])
      return false
    }
    try await root.delete(numbers.filter { $0 < number }.map { LockRecord.key(year, $0) })
    state.withLock { state in
      state.number = number
      state.validUntil = validUntil
    }
    return true
  }

  private func record() throws(StoreError) -> [UInt8] {
    let record = LockRecord(
      run: run, owner: .current, startedSeconds: startedSeconds,
      expiresSeconds: clock.seconds() + Self.leaseSeconds)
    do {
      return try JSONEncoder.manifest.bytes(of: record)
    } catch {
      preconditionFailure("a lock has nothing that JSON can't hold: \(error)")
    }
  }

  /// Finds out whether the store takes conditions seriously: this write must be refused.
  private func checkConditions(_ notice: (ConversionNotice) -> Void) async throws {
    guard try await create(state.withLock { $0.number }) else { return }
    notice(.unguarded(location: root.location))
  }

  /// - Returns: `false` if the lock with this number is there.
  private func create(_ number: Int) async throws -> Bool {
    do throws(StoreError) {
      try await root.write(try record(), to: LockRecord.key(year, number), .ifAbsent)
      return true
    } catch {
      guard case .alreadyExists = error else { throw error }
      return false
    }
  }

  private func release() async {
    let (number, problem) = state.withLock { ($0.number, $0.problem) }
    guard problem == nil else { return }
    // What stays behind expires. The task may be cancelled, and the lock must go all the same.
    let removal = Task { [root, year] in
      try? await root.delete([LockRecord.key(year, number)])
    }
    await removal.value
  }
}

/// The clocks a lock goes by.
struct LockClock: Sendable {
  /// Seconds since 1970, as other machines have them.
  var seconds: @Sendable () -> Double = { Date().timeIntervalSince1970 }
  var instant: @Sendable () -> ContinuousClock.Instant = { .now }
  var sleep: @Sendable (_ seconds: Double) async throws -> Void = {
    try await Task.sleep(for: .seconds($0))
  }
}

/// Why a year may not be written.
public enum LockError: Error, Hashable, Sendable, CustomStringConvertible {
  case held(location: String, by: String, expiresSeconds: Double)
  case lost(location: String, to: String?)

  public var description: String {
    switch self {
    case .held(let location, let by, let expires):
      "\(location) is being written by \(by); wait for it, or, if it is dead, until "
        + "\(LockRecord.date(expires)), or take over with --break-lock"
    case .lost(let location, let to):
      "\(location): this run was paused for too long, and "
        + (to.map { "was taken over by \($0)" } ?? "its lock is gone")
        + "; it stops, and has harmed nothing"
    }
  }
}
