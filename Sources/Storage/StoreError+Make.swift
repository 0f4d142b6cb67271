internal import Glibc

extension StoreError {
  /// The error for a range that ``ByteRange/resolved(byteCount:)`` refused.
  public static func outOfBounds(_ range: ByteRange, byteCount: Int, key: StoreKey) -> StoreError {
    guard case .bounds(let bounds) = range else { preconditionFailure("only bounds can be wrong") }
    return .rangeOutOfBounds(bounds, byteCount: byteCount, key: key)
  }

  /// What a failed system call means.
  ///
  /// - Parameter action: What was tried, as in “write” or “list”.
  static func systemCall(
    _ code: Int32, _ action: String, _ key: StoreKey?, at location: String
  ) -> StoreError {
    let reason = String(cString: strerror(code))
    return switch code {
    case ENOSPC, EDQUOT: .full(key: key ?? StoreKey(literal: "-"), location: location)
    case EROFS:
      .accessDenied(
        key: key, permission: "a file system that isn't mounted read-only", location: location)
    case EACCES, EPERM:
      .accessDenied(key: key, permission: "permission to \(action) (\(reason))", location: location)
    case ENAMETOOLONG, EISDIR, ENOTDIR, EILSEQ, EINVAL:
      .unsupported(
        location: key.map { "\(location)/\($0)" } ?? location, reason: "\(action): \(reason)")
    default:
      .unavailable(
        key: key, location: location, attempts: 1, httpStatus: nil, reason: "\(action): \(reason)")
    }
  }

  /// The same error, about a key and a place as a wrapper's caller knows them.
  func renamed(location: String, key rename: (StoreKey) -> StoreKey) -> StoreError {
    switch self {
    case .rangeOutOfBounds(let range, let byteCount, let key):
      .rangeOutOfBounds(range, byteCount: byteCount, key: rename(key))
    case .accessDenied(let key, let permission, _):
      .accessDenied(key: key.map(rename), permission: permission, location: location)
    case .alreadyExists(let key): .alreadyExists(key: rename(key))
    case .full(let key, _): .full(key: rename(key), location: location)
    case .unavailable(let key, _, let attempts, let status, let reason):
      .unavailable(
        key: key.map(rename), location: location, attempts: attempts, httpStatus: status,
        reason: reason)
    case .badAnswer(let key, _, let reason):
      .badAnswer(key: key.map(rename), location: location, reason: reason)
    case .unsupported: self
    }
  }
}
