/// Why a store could not do what it was asked. What it holds is enough to decide what to do.
public enum StoreError: Error, Hashable, Sendable {
  /// The range reaches past the value's end: the reference or index that asked is wrong.
  case rangeOutOfBounds(Range<Int>, byteCount: Int, key: StoreKey)
  /// Not allowed; a retry won't help. `permission` names what is missing.
  case accessDenied(key: StoreKey?, permission: String, location: String)
  /// Something has this key already.
  case alreadyExists(key: StoreKey)
  /// No room, or a quota is used up.
  case full(key: StoreKey, location: String)
  /// Still failing after the store's own retries.
  case unavailable(
    key: StoreKey?, location: String, attempts: Int, httpStatus: Int?, reason: String)
  /// The store answered something that can't be right: a wrong length, range or checksum.
  case badAnswer(key: StoreKey?, location: String, reason: String)
  /// The store can't do this at all: writing over plain HTTP, a name too long for a file system.
  case unsupported(location: String, reason: String)
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .rangeOutOfBounds(let range, let byteCount, let key):
      "\(key): bytes \(range.lowerBound)..<\(range.upperBound) were asked for, it has \(byteCount)"
    case .accessDenied(let key, let permission, let location):
      "\(Self.place(location, key)): access denied; it takes \(permission)"
    case .alreadyExists(let key): "\(key) exists already"
    case .full(let key, let location): "\(Self.place(location, key)): no space left"
    case .unavailable(let key, let location, let attempts, let status, let reason):
      "\(Self.place(location, key)): \(reason)"
        + (status.map { " (HTTP \($0))" } ?? "")
        + (attempts > 1 ? " after \(attempts) attempts" : "")
    case .badAnswer(let key, let location, let reason): "\(Self.place(location, key)): \(reason)"
    case .unsupported(let location, let reason): "\(location): \(reason)"
    }
  }

  private static func place(_ location: String, _ key: StoreKey?) -> String {
    guard let key else { return location }
    return location.hasSuffix("/") ? "\(location)\(key)" : "\(location)/\(key)"
  }
}
