extension JSONValue {
  /// The text of this value: members in their order, two spaces of indent, arrays without
  /// objects on one line, doubles in the fewest digits that read back the same. The same value
  /// always gives the same bytes. A number that isn't finite becomes the string Zarr uses for it.
  ///
  /// - Parameter indented: `false` gives one line.
  public func text(indented: Bool = true) -> String {
    var text = ""
    write(to: &text, depth: indented ? 0 : nil)
    return text
  }

  public func bytes(indented: Bool = true) -> [UInt8] { Array(text(indented: indented).utf8) }

  private func write(to text: inout String, depth: Int?) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .unsigned(let value): text += String(value)
    case .number(let value):
      text += value.isFinite ? "\(value)" : "\"\(JSONValue.name(ofNonFinite: value))\""
    case .string(let value): JSONValue.write(value, to: &text)
    case .array(let values):
      let nested = values.contains { $0.object != nil } ? depth : nil
      JSONValue.write(values.count, open: "[", close: "]", to: &text, depth: nested) {
        values[$0].write(to: &$1, depth: $2)
      }
    case .object(let object):
      let members = object.members
      JSONValue.write(members.count, open: "{", close: "}", to: &text, depth: depth) {
        JSONValue.write(members[$0].name, to: &$1)
        $1 += ": "
        members[$0].value.write(to: &$1, depth: $2)
      }
    }
  }

  private static func write(
    _ count: Int, open: String, close: String, to text: inout String, depth: Int?,
    element: (Int, inout String, Int?) -> Void
  ) {
    text += open
    for index in 0..<count {
      if index > 0 { text += depth == nil ? ", " : "," }
      if let depth { text += "\n" + String(repeating: "  ", count: depth + 1) }
      element(index, &text, depth.map { $0 + 1 })
    }
    if let depth, count > 0 { text += "\n" + String(repeating: "  ", count: depth) }
    text += close
  }

  /// - Precondition: `value` isn't finite.
  static func name(ofNonFinite value: Double) -> String {
    value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"
  }

  private static func write(_ value: String, to text: inout String) {
    text += "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
