import CF

/// An attribute's value as every reader sees it, whatever it is stored in: texts and numbers, one
/// or several. Numbers that aren't finite are the texts that JSON has for them.
enum PlainValue: Hashable, Sendable, CustomStringConvertible {
  case text(String)
  case number(Double)

  static func values(of value: AttributeValue) -> [PlainValue] {
    switch value {
    case .text(let text): [.text(text)]
    case .texts(let texts): texts.map { .text($0) }
    case .integers, .reals:
      value.doubles.map { number in
        if number.isNaN { return .text("NaN") }
        if number.isInfinite { return .text(number < 0 ? "-Infinity" : "Infinity") }
        return .number(number)
      }
    }
  }

  var description: String {
    switch self {
    case .text(let text): "“\(text)”"
    case .number(let number):
      number == number.rounded() && abs(number) < 1e15
        ? "\(Int(number))" : "\(number)"
    }
  }
}

extension [PlainValue] {
  /// For people, long texts cut.
  var text: String {
    let whole =
      count == 1 ? self[0].description : "[" + map(\.description).joined(separator: ", ") + "]"
    return whole.count > 80 ? whole.prefix(79) + "…" : whole
  }
}
