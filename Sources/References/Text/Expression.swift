/// What stands between `{{` and `}}` of a template.
struct Expression {
  private let source: String
  private var rest: Substring
  private let names: [String: TemplateValue]
  private let templates: Templates
  private let depth: Int
  private var nesting = 0

  init(
    _ source: Substring, names: [String: TemplateValue], templates: Templates, depth: Int
  ) {
    self.source = String(source)
    rest = source
    self.names = names
    self.templates = templates
    self.depth = depth
  }

  private func error(_ reason: String) -> ReferenceError { templates.error(source, reason) }

  func value() throws(ReferenceError) -> TemplateValue {
    var parser = self
    let value = try parser.sum()
    parser.skipSpace()
    guard parser.rest.isEmpty else {
      throw error("has “\(parser.rest.prefix(20))”, which isn't understood")
    }
    return value
  }

  private mutating func skipSpace() { rest = rest.drop { $0 == " " || $0 == "\t" } }

  private mutating func take(_ symbol: String) -> Bool {
    skipSpace()
    guard rest.hasPrefix(symbol) else { return false }
    rest = rest.dropFirst(symbol.count)
    return true
  }

  private mutating func sum() throws(ReferenceError) -> TemplateValue {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= Templates.depthLimit else { throw error("is nested too deeply") }
    var left = try product()
    while true {
      if take("+") {
        let right = try product()
        if case .text(let text) = left, case .text(let other) = right {
          left = .text(text + other)
        } else {
          left = try whole(left, right) { $0.addingReportingOverflow($1) }
        }
      } else if take("-") {
        left = try whole(left, try product()) { $0.subtractingReportingOverflow($1) }
      } else if take("~") {
        left = .text(left.text + (try product()).text)
      } else {
        return left
      }
    }
  }

  private mutating func product() throws(ReferenceError) -> TemplateValue {
    var left = try operand()
    while true {
      if take("//") {
        left = try whole(left, try operand()) { left, right in
          let (quotient, overflow) = left.dividedReportingOverflow(by: right)
          let isExact = overflow || quotient * right == left || (left < 0) == (right < 0)
          return (isExact ? quotient : quotient - 1, overflow)
        }
      } else if take("*") {
        left = try whole(left, try operand()) { $0.multipliedReportingOverflow(by: $1) }
      } else if take("%") {
        let right = try operand()
        if case .text(let format) = left {
          left = .text(try formatted(format, right))
        } else {
          left = try whole(left, right) { left, right in
            let (rest, overflow) = left.remainderReportingOverflow(dividingBy: right)
            return (rest != 0 && (rest < 0) != (right < 0) ? rest + right : rest, overflow)
          }
        }
      } else {
        return left
      }
    }
  }

  private func whole(
    _ left: TemplateValue, _ right: TemplateValue, _ apply: (Int, Int) -> (Int, Bool)
  ) throws(ReferenceError) -> TemplateValue {
    guard case .number(let left) = left, case .number(let right) = right else {
      throw error("computes with text")
    }
    let (result, overflow) = apply(left, right)
    guard !overflow else { throw error("gives no whole number") }
    return .number(result)
  }

  /// Python's `'%03d' % number` and `'%s' % text`.
  private func formatted(_ format: String, _ value: TemplateValue) throws(ReferenceError) -> String
  {
    let parts = format.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { throw error("has the format “\(format)”") }
    let digits = parts[1].prefix { $0.isASCII && $0.isNumber }
    let after = parts[1].dropFirst(digits.count)
    var text = value.text
    switch (after.first, value) {
    case ("d", .number(let number)):
      guard let width = digits.isEmpty ? 0 : Int(digits), width <= 64 else {
        throw error("has the format “\(format)”")
      }
      let filler = digits.hasPrefix("0") ? "0" : " "
      let sign = number < 0 && filler == "0" ? "-" : ""
      text = String(text.dropFirst(sign.count))
      text = sign + String(repeating: filler, count: max(0, width - sign.count - text.count)) + text
    case ("s", _) where digits.isEmpty: break
    default: throw error("has the format “\(format)”")
    }
    guard !after.dropFirst().contains("%") else { throw error("has the format “\(format)”") }
    return parts[0] + text + after.dropFirst()
  }

  private mutating func operand() throws(ReferenceError) -> TemplateValue {
    skipSpace()
    guard let first = rest.first else { throw error("ends too early") }
    if take("(") {
      let value = try sum()
      guard take(")") else { throw error("has an open bracket") }
      return value
    }
    if take("-") {
      nesting += 1
      defer { nesting -= 1 }
      guard nesting <= Templates.depthLimit else { throw error("is nested too deeply") }
      return try whole(.number(0), try operand()) { $0.subtractingReportingOverflow($1) }
    }
    if first == "'" || first == "\"" {
      rest = rest.dropFirst()
      guard let end = rest.firstIndex(of: first) else { throw error("has text that isn't closed") }
      let text = String(rest[..<end])
      rest = rest[rest.index(after: end)...]
      return .text(text)
    }
    let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    rest = rest.dropFirst(word.count)
    if first.isNumber {
      guard let number = Int(word) else { throw error("has “\(word)”, which is no whole number") }
      return .number(number)
    }
    guard !word.isEmpty else { throw error("has “\(first)”, which isn't understood") }
    return try named(String(word))
  }

  private mutating func named(_ name: String) throws(ReferenceError) -> TemplateValue {
    var arguments: [String: TemplateValue] = [:]
    if take("(") {
      while !take(")") {
        skipSpace()
        let argument = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest.dropFirst(argument.count)
        guard !argument.isEmpty, take("=") else { throw error("has an argument without a name") }
        arguments[String(argument)] = try sum()
        _ = take(",")
      }
    } else if let value = names[name] {
      return value
    }
    guard let value = try templates.value(of: name, arguments: arguments, depth: depth) else {
      throw error("names “\(name)”, which isn't defined")
    }
    return value
  }
}
