/// One thing that isn't as it should be.
public struct Finding: Hashable, Sendable, Codable {
  public enum Status: String, Hashable, Sendable, Codable, CaseIterable {
    /// It is there, and isn't what it should be.
    case differs
    /// It should be there.
    case missing
    /// It should not be there.
    case unexpected
    /// Whether it is right can't be said: a store or a granule couldn't be read.
    case unreadable

    /// As in the lists of `rclone check`.
    public var symbol: String {
      switch self {
      case .differs: "*"
      case .missing: "-"
      case .unexpected: "+"
      case .unreadable: "!"
      }
    }
  }

  public let status: Status
  /// The object's key below the root, such as `zarrs/2020/sst/c/0/0/0`, or a granule's location.
  public let place: String
  public var variable: String?
  /// The moment of the step, ISO 8601.
  public var time: String?
  /// The position in the array of the first value that differs, with what was found there and
  /// what the source says.
  public var element: [Int]?
  public var found: String?
  public var expected: String?
  public var reason: String

  init(
    _ status: Status, _ place: String, variable: String? = nil, time: String? = nil,
    _ reason: String
  ) {
    self.status = status
    self.place = place
    self.variable = variable
    self.time = time
    self.reason = reason
  }
}

extension Finding: CustomStringConvertible {
  public var description: String {
    var text = "\(status.symbol) \(place)"
    if let variable, !place.contains("/\(variable)/"), !place.hasSuffix("/\(variable)") {
      text += ", \(variable)"
    }
    if let time { text += ", \(time)" }
    return text + ": \(reason)"
  }
}
