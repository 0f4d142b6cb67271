internal import Foundation
internal import Storage

/// Sends requests, each as often as the policy allows, and no more at once than the limit does.
final class RequestSender: Sendable {
  let transport: any HTTPTransport
  let policy: RetryPolicy
  let budget = RetryBudget()
  let flight: FlightLimit
  private let sleep: @Sendable (_ seconds: Double) async throws -> Void

  /// - Parameter sleep: How to wait between attempts.
  init(
    transport: any HTTPTransport, policy: RetryPolicy, flight: FlightLimit,
    sleep: @escaping @Sendable (_ seconds: Double) async throws -> Void = {
      try await Task.sleep(for: .seconds($0))
    }
  ) {
    self.transport = transport
    self.policy = policy
    self.flight = flight
    self.sleep = sleep
  }

  /// What an operation is about, for its errors.
  struct Subject: Sendable {
    var key: StoreKey?
    var location: String
    /// The bytes expected either way, for the bound on bytes in flight.
    var byteCount: Int
  }

  /// One of an operation's attempts.
  struct Attempt: Sendable {
    /// From 1.
    let number: Int
    /// An earlier attempt got no clear answer: the server may have done what was asked.
    let mayBeDone: Bool
  }

  /// What an answer means.
  enum Verdict<Answer: Sendable>: Sendable {
    case done(Answer)
    case failed(StoreError)
    case retry(RetryKind, status: Int?, reason: String, retryAfter: Double? = nil)
    /// Something was put right (a clock, a region, credentials): try once more, at once.
    case again(reason: String)
  }

  /// - Parameters:
  ///   - make: The request, made anew for each attempt: its signature ages.
  ///   - judge: What an answer means. It may ask for more, as after an unclear write.
  func perform<Answer: Sendable>(
    _ subject: Subject,
    make: (Attempt) async throws(StoreError) -> HTTPRequest,
    judge: (HTTPResponse, Attempt) async throws(StoreError) -> Verdict<Answer>
  ) async throws(StoreError) -> Answer {
    let start = ContinuousClock.now
    var number = 1
    var mayBeDone = false
    var lastRetry: RetryKind?
    var corrections = 0
    while true {
      let attempt = Attempt(number: number, mayBeDone: mayBeDone)
      let spent = (ContinuousClock.now - start).seconds
      var request = try await make(attempt)
      request.timeoutSeconds = min(request.timeoutSeconds, max(1, policy.deadlineSeconds - spent))

      let verdict: Verdict<Answer>
      switch await send(request, byteCount: subject.byteCount) {
      case .success(let response): verdict = try await judge(response, attempt)
      case .failure(let error): verdict = Self.judge(error, subject, attempts: number)
      }

      switch verdict {
      case .done(let answer):
        budget.refund(lastRetry)
        flight.succeeded()
        return answer
      case .failed(let error): throw error
      case .again(let reason):
        // A second correction of the same request would be a loop.
        corrections += 1
        guard corrections <= 2 else {
          throw failure(.transient, subject, attempts: number, status: nil, reason)
        }
      case .retry(let kind, let status, let reason, let retryAfter):
        if kind == .throttled { flight.slowDown() } else { mayBeDone = true }
        let wait = policy.waitSeconds(
          afterAttempt: number, kind, retryAfter: retryAfter, random: .random(in: 0...1))
        let elapsed = (ContinuousClock.now - start).seconds
        guard number < policy.attempts, elapsed + wait < policy.deadlineSeconds else {
          throw failure(kind, subject, attempts: number, status: status, reason)
        }
        guard budget.spend(kind) else {
          throw failure(
            kind, subject, attempts: number, status: status,
            "\(reason); too many requests have failed to try this one again")
        }
        lastRetry = kind
        do {
          try await sleep(wait)
        } catch {
          throw failure(kind, subject, attempts: number, status: status, "cancelled")
        }
      }
      number += 1
    }
  }

  private func send(
    _ request: HTTPRequest, byteCount: Int
  ) async -> Result<HTTPResponse, TransportError> {
    await flight.enter(byteCount: byteCount)
    defer { flight.leave(byteCount: byteCount) }
    do {
      return .success(try await transport.send(request))
    } catch {
      return .failure(error)
    }
  }

  private static func judge<Answer>(
    _ error: TransportError, _ subject: Subject, attempts: Int
  ) -> Verdict<Answer> {
    switch error {
    case .broken(let reason), .timedOut(let reason):
      return .retry(.transient, status: nil, reason: reason)
    case .tooLong(let byteLimit, let status):
      return .failed(
        .badAnswer(
          key: subject.key, location: subject.location,
          reason: "the answer (HTTP \(status)) has more than the \(byteLimit) bytes asked for"))
    case .impossible(let reason):
      return .failed(
        .unavailable(
          key: subject.key, location: subject.location, attempts: attempts, httpStatus: nil,
          reason: reason))
    case .cancelled:
      return .failed(
        .unavailable(
          key: subject.key, location: subject.location, attempts: attempts, httpStatus: nil,
          reason: "cancelled"))
    }
  }

  private func failure(
    _ kind: RetryKind, _ subject: Subject, attempts: Int, status: Int?, _ reason: String
  ) -> StoreError {
    kind == .corrupt
      ? .badAnswer(
        key: subject.key, location: subject.location,
        reason: "\(reason), after \(attempts) attempts")
      : .unavailable(
        key: subject.key, location: subject.location, attempts: attempts, httpStatus: status,
        reason: reason)
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
