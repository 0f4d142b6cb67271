internal import Synchronization

/// How often and after what wait a request is sent again.
///
/// Exponential backoff with full jitter: the wait is a random part of a growing bound, so that
/// many clients don't come back at once.
public struct RetryPolicy: Hashable, Sendable {
  /// How many times at most, the first included.
  public var attempts: Int
  /// For one operation with all its attempts and waits.
  public var deadlineSeconds: Double

  public init(attempts: Int = 5, deadlineSeconds: Double = 180) {
    self.attempts = attempts
    self.deadlineSeconds = deadlineSeconds
  }

  static let maximumWaitSeconds = 20.0

  /// The wait after attempt `number`, the first being 1.
  ///
  /// - Parameter random: From 0 to 1.
  func waitSeconds(
    afterAttempt number: Int, _ kind: RetryKind, retryAfter: Double?, random: Double
  ) -> Double {
    let base = kind == .throttled ? 1 : 0.1
    let bound = min(
      Self.maximumWaitSeconds, base * Double(sign: .plus, exponent: number - 1, significand: 1))
    return max(random * bound, retryAfter ?? 0)
  }
}

/// Why a second attempt may help.
enum RetryKind: Hashable, Sendable {
  /// A broken connection, a failing server.
  case transient
  /// The server asked for fewer requests.
  case throttled
  /// The answer can't be right: a checksum, a length.
  case corrupt
}

/// What all requests of a process together may spend on retries, so that an outage is not answered
/// by a storm of them.
final class RetryBudget: Sendable {
  static let capacity = 500
  private let tokens = Mutex(capacity)

  static func cost(_ kind: RetryKind) -> Int { kind == .throttled ? 5 : 14 }

  /// `false` if nothing is left for another attempt.
  func spend(_ kind: RetryKind) -> Bool {
    tokens.withLock { tokens in
      guard tokens >= Self.cost(kind) else { return false }
      tokens -= Self.cost(kind)
      return true
    }
  }

  /// A request succeeded.
  ///
  /// - Parameter lastRetry: The kind of the retry that did it, whose cost comes back.
  func refund(_ lastRetry: RetryKind?) {
    tokens.withLock { $0 = min(Self.capacity, $0 + (lastRetry.map(Self.cost) ?? 1)) }
  }

  var left: Int { tokens.withLock { $0 } }
}
