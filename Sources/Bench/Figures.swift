internal import Foundation

/// Numbers as people read them: three digits, and a unit that suits.
enum Figures {
  static func number(_ value: Double) -> String {
    let size = abs(value)
    if size >= 99.95 { return count(value) }
    return String(format: size >= 9.995 ? "%.1f" : size >= 0.0995 ? "%.2f" : "%.2g", value)
  }

  /// Whole, with commas.
  static func count(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 9e15 else { return "\(value)" }
    var digits = Substring(String(Int(abs(value).rounded())))
    var groups: [Substring] = []
    while digits.count > 3 {
      groups.insert(digits.suffix(3), at: 0)
      digits = digits.dropLast(3)
    }
    groups.insert(digits, at: 0)
    return (value < 0 ? "-" : "") + groups.joined(separator: ",")
  }

  static func seconds(_ value: Double) -> String {
    switch value {
    case ..<1e-3: "\(number(value * 1e6)) µs"
    case ..<1: "\(number(value * 1e3)) ms"
    case ..<120: "\(number(value)) s"
    default: "\(number(value / 60)) min"
    }
  }

  /// A power of ten, as at an axis.
  static func tick(_ value: Double) -> String {
    let text = seconds(value)
    return text.replacing(".00 ", with: " ").replacing(".0 ", with: " ")
  }

  static func bytes(_ value: Double) -> String {
    switch value {
    case ..<1e3: "\(count(value)) B"
    case ..<1e6: "\(number(value / 1e3)) kB"
    case ..<1e9: "\(number(value / 1e6)) MB"
    case ..<1e12: "\(number(value / 1e9)) GB"
    default: "\(number(value / 1e12)) TB"
    }
  }

  static func money(_ value: Double) -> String {
    String(format: value >= 1 ? "%.2f" : "%.5f", value)
  }

  /// How many times as long.
  static func ratio(_ value: Double) -> String { "\(number(value)) ×" }
}
