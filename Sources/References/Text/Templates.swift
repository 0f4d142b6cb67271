/// The templates of a set: texts, with expressions between `{{` and `}}`, that stand for parts of
/// targets.
///
/// Source: kerchunk, "References specification", version 1. Of Jinja's language we read names,
/// calls with named arguments, whole numbers, text, `+ - * // % ~` and brackets.
struct Templates {
  /// How deep a template may name templates; a cycle ends there.
  static let depthLimit = 16
  /// Bytes of one expanded text.
  static let byteLimit = 1 << 16

  let location: String
  private let texts: [String: String]

  init(_ texts: [String: String], location: String) {
    self.texts = texts
    self.location = location
  }

  var isEmpty: Bool { texts.isEmpty }

  func error(_ text: String, _ reason: String) -> ReferenceError {
    let shown = text.utf8.count <= 200 ? text : String(text.prefix(100)) + "…"
    return .badTemplate(location: location, text: shown, reason: reason)
  }

  /// Replaces every expression by its value.
  ///
  /// - Parameter names: What names mean beside the templates' own; they come first.
  func expand(
    _ text: String, names: [String: TemplateValue] = [:], depth: Int = 0
  ) throws(ReferenceError) -> String {
    guard depth < Self.depthLimit else {
      throw error(text, "names itself, or templates nested too deeply")
    }
    var result = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "{{") {
      result += rest[..<open.lowerBound]
      rest = rest[open.upperBound...]
      guard let close = rest.firstRange(of: "}}") else { throw error(text, "isn't closed") }
      let value = try Expression(
        rest[..<close.lowerBound], names: names, templates: self, depth: depth
      ).value()
      result += value.text
      rest = rest[close.upperBound...]
      guard result.utf8.count <= Self.byteLimit else {
        throw error(text, "grows beyond \(Self.byteLimit) bytes")
      }
    }
    return result + rest
  }

  /// The value of a template, with arguments for the names in it.
  func value(
    of name: String, arguments: [String: TemplateValue], depth: Int
  ) throws(ReferenceError) -> TemplateValue? {
    guard let text = texts[name] else { return nil }
    return .text(try expand(text, names: arguments, depth: depth + 1))
  }
}

enum TemplateValue: Hashable {
  case number(Int)
  case text(String)

  var text: String {
    switch self {
    case .number(let number): String(number)
    case .text(let text): text
    }
  }
}
