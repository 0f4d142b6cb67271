internal import Storage

/// What part of a value an answer holds, as its `Content-Range` says.
///
/// Source: RFC 9110, 14.4.
struct ContentRange: Hashable, Sendable {
  /// `nil` in the answer to a range that lies outside.
  let bounds: Range<Int>?
  /// The whole value's; `nil` if the server doesn't know.
  let byteCount: Int?

  /// `nil` if the text is none.
  init?(_ text: String?) {
    guard let text, text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2 else { return nil }
    byteCount = Int(parts[1])
    guard byteCount != nil || parts[1] == "*" else { return nil }
    if parts[0] == "*" {
      bounds = nil
      return
    }
    let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last, last < Int.max
    else { return nil }
    bounds = first..<last + 1
  }
}

extension ByteRange {
  /// As the `Range` header has it; `nil` for the whole.
  ///
  /// - Precondition: It is not empty: HTTP can't ask for nothing.
  var header: String? {
    switch self {
    case .all: nil
    case .bounds(let bounds): "bytes=\(bounds.lowerBound)-\(bounds.upperBound - 1)"
    case .suffix(let count): "bytes=-\(count)"
    }
  }

  /// Nothing is asked for, or what no value has: only the value's size says which answer is right.
  var needsOnlySize: Bool {
    switch self {
    case .all: false
    case .bounds(let bounds): bounds.isEmpty || bounds.lowerBound < 0
    case .suffix(let count): count <= 0
    }
  }

  /// How many bytes an answer has at most; `nil` if that isn't known beforehand.
  var largestCount: Int? {
    switch self {
    case .all: nil
    case .bounds(let bounds): bounds.count
    case .suffix(let count): count
    }
  }
}
