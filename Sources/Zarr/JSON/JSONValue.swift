/// A JSON value that keeps the order of members and whole numbers exact.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Whole numbers beyond `Int64.max`.
  case unsigned(UInt64)
  /// Not finite only where a reader met the bare `NaN`, `Infinity` or `-Infinity` of Python's
  /// writer, which are no JSON; never written so.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object, in order.
public struct JSONObject: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  public struct Member: Hashable, Sendable {
    public let name: String
    public let value: JSONValue
  }

  public private(set) var members: [Member]

  public init(_ members: [(String, JSONValue)] = []) {
    self.members = members.map { Member(name: $0.0, value: $0.1) }
  }

  public init(dictionaryLiteral elements: (String, JSONValue)...) { self.init(elements) }

  public var names: [String] { members.map(\.name) }

  /// The value of a member; of the last one, where a document has several of the name.
  public subscript(name: String) -> JSONValue? {
    members.last { $0.name == name }?.value
  }

  public mutating func append(_ name: String, _ value: JSONValue) {
    members.append(Member(name: name, value: value))
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(JSONObject(elements))
  }
}

extension JSONValue {
  public var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var isNull: Bool { self == .null }

  /// A whole number that fits Int, however it is written (`1` or `1.0`).
  public var int: Int? {
    switch self {
    case .integer(let value): Int(exactly: value)
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  /// All elements as Int; `nil` if this is no array, or one of them isn't whole.
  public var ints: [Int]? {
    guard let array else { return nil }
    let values = array.compactMap(\.int)
    return values.count == array.count ? values : nil
  }
}
