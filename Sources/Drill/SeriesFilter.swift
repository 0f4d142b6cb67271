internal import CF

/// A condition on a variable of the same pixel and step; values that don't meet it are dropped.
public enum SeriesFilter: Hashable, Sendable {
  case compare(variable: String, Comparison, operand: String)
  /// None of these flags may be set.
  case clear(flags: [String])

  public enum Comparison: String, Hashable, Sendable, CaseIterable {
    // Longer signs first: they begin like the shorter ones.
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case notEqual = "!="
    case equal = "=="
    case less = "<"
    case greater = ">"

    func holds(_ left: Double, _ right: Double) -> Bool {
      switch self {
      case .lessOrEqual: left <= right
      case .greaterOrEqual: left >= right
      case .notEqual: left != right
      case .equal: left == right
      case .less: left < right
      case .greater: left > right
      }
    }
  }

  /// - Parameter condition: `quality_level>=4`, or with the name of a flag value:
  ///   `quality_level==best_quality`.
  /// - Throws: ``DrillError/badText(what:text:reason:)``.
  public init(condition: String) throws(DrillError) {
    let text = condition.filter { $0 != " " }
    for comparison in Comparison.allCases {
      guard let sign = text.firstRange(of: comparison.rawValue) else { continue }
      let variable = String(text[..<sign.lowerBound])
      let operand = String(text[sign.upperBound...])
      let isWord = operand.allSatisfy { $0.isLetter || $0.isNumber || "_-+.".contains($0) }
      guard !variable.isEmpty, !operand.isEmpty, isWord else { break }
      self = .compare(variable: variable, comparison, operand: operand)
      return
    }
    throw .badText(
      what: "condition", text: condition,
      reason: "its form is VARIABLE>=NUMBER, with one of <= >= != == < >")
  }

  /// - Parameter flags: Names with commas: `land,ice`.
  public init(clear flags: String) {
    self = .clear(flags: flags.split { $0 == "," || $0 == " " }.map(String.init))
  }

  /// The variable that must be read for it; `nil` if only the sources can tell.
  public var variable: String? {
    if case .compare(let variable, _, _) = self { variable } else { nil }
  }
}

/// A filter whose names were looked up in an archive.
struct ResolvedFilter: Sendable {
  enum Test: Sendable {
    case compare(SeriesFilter.Comparison, Double)
    /// Set if the masked bits are `value`, or any of them where that is `nil`.
    case clear([(mask: UInt64, value: UInt64?)])
  }

  let variable: SeriesVariable
  let test: Test

  /// Whether the value beside this one may stay; what is unknown may not.
  func passes(_ values: SeriesValues, _ index: Int) -> Bool {
    guard let number = values[index] else { return false }
    switch test {
    case .compare(let comparison, let operand): return comparison.holds(number, operand)
    case .clear(let flags):
      let bits: UInt64
      if values.type.isFloatingPoint {
        // Some stores keep flags as floats.
        guard let whole = Int64(exactly: number) else { return false }
        bits = UInt64(bitPattern: whole)
      } else {
        bits = values.bits[index]
      }
      return flags.allSatisfy { flag in
        flag.value.map { bits & flag.mask != $0 } ?? (bits & flag.mask == 0)
      }
    }
  }
}
