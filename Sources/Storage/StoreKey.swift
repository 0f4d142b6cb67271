/// The name of a value in a store: path segments joined by `/`, without a leading or trailing one.
///
/// Two keys are equal if their UTF-8 is: unlike `String`, which takes “é” in one or two scalars for
/// the same, as neither S3 nor a file system does. Their order is that of their UTF-8, as in S3.
public struct StoreKey: Sendable, CustomStringConvertible {
  public let text: String

  /// - Throws: ``StoreKeyError`` if the text is empty, or has an empty segment, `.` or `..`.
  public init(_ text: String) throws(StoreKeyError) {
    // Split by bytes: as a Character, “/” followed by a combining mark is no “/”.
    for segment in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    where segment.isEmpty || segment.elementsEqual(".".utf8) || segment.elementsEqual("..".utf8) {
      throw StoreKeyError(text: text)
    }
    self.text = text
  }

  /// - Precondition: `text` is a valid key. For names written in the program.
  public init(literal text: String) {
    do { try self.init(text) } catch { preconditionFailure("\(error)") }
  }

  private init(unchecked text: String) { self.text = text }

  /// The key of `name` below this one.
  ///
  /// - Precondition: `name` is a valid key.
  public func appending(_ name: String) -> StoreKey { appending(StoreKey(literal: name)) }

  public func appending(_ below: StoreKey) -> StoreKey {
    StoreKey(unchecked: text + "/" + below.text)
  }

  /// The last segment.
  public var name: String {
    let bytes = text.utf8
    return String(text[(lastSlash.map(bytes.index(after:)) ?? text.startIndex)...])
  }

  /// What is left without the last segment; `nil` if that was the only one.
  public var parent: StoreKey? {
    lastSlash.map { StoreKey(unchecked: String(text[..<$0])) }
  }

  /// The key without `prefix` and the `/` after it; `nil` if it is not below `prefix`.
  public func relative(to prefix: StoreKey) -> StoreKey? {
    let start = prefix.text.utf8
    guard text.utf8.starts(with: start) else { return nil }
    let rest = text.utf8.dropFirst(start.count)
    guard rest.first == UInt8(ascii: "/") else { return nil }
    return Substring(rest.dropFirst()).isEmpty
      ? nil : StoreKey(unchecked: String(Substring(rest.dropFirst())))
  }

  /// Whether this key is below `prefix`; every key is below `nil`.
  public func isBelow(_ prefix: StoreKey?) -> Bool {
    prefix.map { relative(to: $0) != nil } ?? true
  }

  public var description: String { text }

  private var lastSlash: String.Index? { text.utf8.lastIndex(of: UInt8(ascii: "/")) }
}

extension StoreKey: Hashable, Comparable {
  public static func == (left: StoreKey, right: StoreKey) -> Bool {
    left.text.utf8.elementsEqual(right.text.utf8)
  }

  public static func < (left: StoreKey, right: StoreKey) -> Bool {
    left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }
}

extension StoreKey: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// The text can't be a key: empty, or a segment is empty, `.` or `..`.
public struct StoreKeyError: Error, Hashable, CustomStringConvertible {
  public let text: String
  public var description: String {
    "“\(text)” can't be an object's key: its segments must not be empty, . or .."
  }
}
