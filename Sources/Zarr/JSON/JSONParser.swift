/// Why bytes are no JSON; `offset` is the byte where reading stopped.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  public let offset: Int
  public let reason: String
  public var description: String { "no JSON at byte \(offset): \(reason)" }
}

extension JSONValue {
  /// Reads a JSON text.
  ///
  /// Takes in addition the bare `NaN`, `Infinity` and `-Infinity` that Python's writer puts in
  /// attributes. Refuses nesting deeper than 64, so that a hostile text can't exhaust the stack.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var parser = JSONParser(bytes: bytes)
    self = try parser.document()
  }

  public init(parsing text: String) throws(JSONError) { try self.init(parsing: Array(text.utf8)) }
}

private struct JSONParser {
  let bytes: [UInt8]
  var offset = 0

  static let maximumDepth = 64

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONError) -> JSONValue {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    let value = try value(depth: 0)
    skipSpace()
    guard offset == bytes.count else { throw error("something follows the value") }
    return value
  }

  private func error(_ reason: String) -> JSONError { JSONError(offset: offset, reason: reason) }

  private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      offset += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    let matches = word.withUTF8Buffer { bytes[offset...].starts(with: $0) }
    if matches { offset += word.utf8CodeUnitCount }
    return matches
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
    guard depth <= Self.maximumDepth else { throw error("nested too deeply") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    default:
      if takeWord("null") { return .null }
      if takeWord("true") { return .bool(true) }
      if takeWord("false") { return .bool(false) }
      if takeWord("NaN") { return .number(.nan) }
      if takeWord("Infinity") { return .number(.infinity) }
      if takeWord("-Infinity") { return .number(-.infinity) }
      return try number()
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSONValue {
    offset += 1
    var object = JSONObject()
    if take("}") { return .object(object) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("a member's name is missing") }
      let name = try string()
      guard take(":") else { throw error("“:” is missing") }
      object.append(name, try value(depth: depth + 1))
    } while take(",")
    guard take("}") else { throw error("the object isn't closed") }
    return .object(object)
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSONValue {
    offset += 1
    var values: [JSONValue] = []
    if take("]") { return .array(values) }
    repeat { values.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw error("the array isn't closed") }
    return .array(values)
  }

  private mutating func number() throws(JSONError) -> JSONValue {
    let start = offset
    var isWhole = true
    if next == UInt8(ascii: "-") { offset += 1 }
    let digits = offset
    while let byte = next {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"),
        UInt8(ascii: "-"):
        isWhole = false
      default: return try number(in: start..<offset, digits: digits, isWhole: isWhole)
      }
      offset += 1
    }
    return try number(in: start..<offset, digits: digits, isWhole: isWhole)
  }

  private func number(
    in range: Range<Int>, digits: Int, isWhole: Bool
  ) throws(JSONError) -> JSONValue {
    let text = String(decoding: bytes[range], as: UTF8.self)
    let first = digits < range.upperBound ? bytes[digits] : 0
    guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      throw JSONError(offset: range.lowerBound, reason: "no value begins here")
    }
    if isWhole, text != "-0" {
      if let value = Int64(text) { return .integer(value) }
      if let value = UInt64(text) { return .unsigned(value) }
    }
    guard let value = Double(text) else {
      throw JSONError(offset: range.lowerBound, reason: "“\(text)” is no number")
    }
    return .number(value)
  }

  private mutating func string() throws(JSONError) -> String {
    offset += 1
    var text: [UInt8] = []
    while let byte = next {
      offset += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let string = String(validating: text, as: UTF8.self) else {
          throw error("the string isn't UTF-8")
        }
        return string
      case UInt8(ascii: "\\"): text += Array(String(try escape()).utf8)
      default: text.append(byte)
      }
    }
    throw error("the string isn't closed")
  }

  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    guard let byte = next else { throw error("the string isn't closed") }
    offset += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw error("an escape that JSON doesn't know")
    }
  }

  /// `\uXXXX`, or two of them where the first is the first half of a pair; half a pair alone
  /// becomes U+FFFD.
  private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let unit = try hexadecimal()
    guard (0xD800...0xDBFF).contains(unit) else {
      return Unicode.Scalar(unit) ?? "\u{FFFD}"
    }
    let mark = offset
    guard takeWord("\\u") else { return "\u{FFFD}" }
    let low = try hexadecimal()
    guard (0xDC00...0xDFFF).contains(low) else {
      offset = mark
      return "\u{FFFD}"
    }
    return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
  }

  private mutating func hexadecimal() throws(JSONError) -> UInt32 {
    guard offset + 4 <= bytes.count,
      bytes[offset..<offset + 4].allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
      let value = UInt32(String(decoding: bytes[offset..<offset + 4], as: UTF8.self), radix: 16)
    else { throw error("\\u needs four hexadecimal digits") }
    offset += 4
    return value
  }
}
