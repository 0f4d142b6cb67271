/// An element of a small XML document, as S3 answers with.
///
/// Names are without namespace prefix; attributes, comments and processing instructions are skipped.
package struct XMLNode: Sendable {
  let name: String
  /// The characters directly in the element.
  fileprivate(set) var text = ""
  fileprivate(set) var children: [XMLNode] = []

  fileprivate init(name: String) { self.name = name }

  /// The root of a document; `nil` if it isn't well formed.
  package init?(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    var parser = XMLScanner(Array(text.utf8))
    guard let root = parser.document() else { return nil }
    self = root
  }

  /// The text of the first child of a name.
  package func text(_ name: String) -> String? { children.first { $0.name == name }?.text }

  func children(_ name: String) -> [XMLNode] { children.filter { $0.name == name } }

  /// A text as it stands in a document.
  static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\r": escaped += "&#13;"
      case "\n": escaped += "&#10;"
      case "\t": escaped += "&#9;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

private struct XMLScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() -> XMLNode? {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    guard skipMiscellany(), take("<"), let root = element(depth: 0), skipMiscellany() else {
      return nil
    }
    return position == bytes.count ? root : nil
  }

  /// An element whose `<` is taken.
  private mutating func element(depth: Int) -> XMLNode? {
    guard depth < 32 else { return nil }
    let start = position
    while let byte = current, !Self.endsName(byte) { position += 1 }
    let fullName = bytes[start..<position]
    guard !fullName.isEmpty, let isEmpty = skipAttributes() else { return nil }
    let local = fullName.lastIndex(of: UInt8(ascii: ":")).map { fullName[($0 + 1)...] } ?? fullName
    var node = XMLNode(name: String(decoding: local, as: UTF8.self))
    if isEmpty { return node }

    var text: [UInt8] = []
    while let byte = current {
      if byte != UInt8(ascii: "<") {
        guard appendCharacter(to: &text) else { return nil }
      } else if take("<!--") {
        guard skip(past: "-->") else { return nil }
      } else if take("<![CDATA[") {
        let start = position
        guard skip(past: "]]>") else { return nil }
        text += bytes[start..<position - 3]
      } else if take("<?") {
        guard skip(past: "?>") else { return nil }
      } else if take("</") {
        guard bytes[position...].starts(with: fullName) else { return nil }
        position += fullName.count
        skipBlanks()
        guard take(">") else { return nil }
        node.text = String(decoding: text, as: UTF8.self)
        return node
      } else {
        position += 1
        guard let child = element(depth: depth + 1) else { return nil }
        node.children.append(child)
      }
    }
    return nil
  }

  /// - Returns: Whether the element ends here, as in `<a/>`; `nil` if it isn't well formed.
  private mutating func skipAttributes() -> Bool? {
    while let byte = current {
      if take("/>") { return true }
      if take(">") { return false }
      if byte == UInt8(ascii: "<") { return nil }
      position += 1
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        while let next = current, next != byte { position += 1 }
        position += 1
      }
    }
    return nil
  }

  private mutating func appendCharacter(to text: inout [UInt8]) -> Bool {
    guard take("&") else {
      text.append(bytes[position])
      position += 1
      return true
    }
    let named: [(String, UInt8)] = [
      ("amp;", UInt8(ascii: "&")), ("lt;", UInt8(ascii: "<")), ("gt;", UInt8(ascii: ">")),
      ("quot;", UInt8(ascii: "\"")), ("apos;", UInt8(ascii: "'")),
    ]
    for (name, byte) in named where take(name) {
      text.append(byte)
      return true
    }
    guard take("#") else { return false }
    let isHexadecimal = take("x")
    let start = position
    while let byte = current, byte != UInt8(ascii: ";"), position - start < 8 { position += 1 }
    let digits = String(decoding: bytes[start..<position], as: UTF8.self)
    guard take(";"), let code = UInt32(digits, radix: isHexadecimal ? 16 : 10),
      let scalar = Unicode.Scalar(code)
    else { return false }
    text += Array(String(Character(scalar)).utf8)
    return true
  }

  /// What may stand around the root. A document type is refused: nothing we read has one.
  private mutating func skipMiscellany() -> Bool {
    while true {
      skipBlanks()
      if take("<?") {
        guard skip(past: "?>") else { return false }
      } else if take("<!--") {
        guard skip(past: "-->") else { return false }
      } else {
        return true
      }
    }
  }

  private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func skip(past text: String) -> Bool {
    while position < bytes.count {
      if take(text) { return true }
      position += 1
    }
    return false
  }

  private mutating func skipBlanks() {
    while let byte = current, Self.isBlank(byte) { position += 1 }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || 9...13 ~= byte
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    isBlank(byte) || byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/")
      || byte == UInt8(ascii: "<")
  }
}
