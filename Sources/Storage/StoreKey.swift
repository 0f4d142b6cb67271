/// The name of a value in a store: path segments joined by `/`, without a leading or trailing one.
public struct StoreKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public let text: String

  /// - Throws: ``StoreKeyError`` if the text is empty, or has an empty segment, `.` or `..`.
  public init(_ text: String) throws(StoreKeyError) {
    let segments = text.split(separator: "/", omittingEmptySubsequences: false)
    for segment in segments where segment.isEmpty || segment == "." || segment == ".." {
      throw StoreKeyError(text: text)
    }
    guard !segments.isEmpty else { throw StoreKeyError(text: text) }
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
  public func appending(_ name: String) -> StoreKey {
    StoreKey(unchecked: text + "/" + StoreKey(literal: name).text)
  }

  /// The last segment.
  public var name: String {
    String(text[(text.lastIndex(of: "/").map(text.index(after:)) ?? text.startIndex)...])
  }

  public var description: String { text }

  public static func < (left: StoreKey, right: StoreKey) -> Bool { left.text < right.text }
}

/// The text can't be a key: empty, or a segment is empty, `.` or `..`.
public struct StoreKeyError: Error, Hashable, CustomStringConvertible {
  public let text: String
  public var description: String {
    "“\(text)” can't be an object's key: its segments must not be empty, . or .."
  }
}
