internal import Glibc

/// Round numbers along an axis.
struct PlotScale {
  let low: Double
  let high: Double
  /// Ascending, within `low...high`.
  let ticks: [Double]
  /// Digits after the point that tell ticks apart.
  private let digits: Int

  /// - Parameters:
  ///   - count: About how many ticks.
  ///   - wholeOnly: Ticks are whole numbers, and so far from the values that none is on the frame.
  init(from low: Double, to high: Double, count: Int, wholeOnly: Bool = false) {
    var (low, high) = (low, high)
    if !(high > low) {
      let margin = max(abs(low) * 1e-3, 0.5)
      (low, high) = (low - margin, high + margin)
    }
    if wholeOnly { (low, high) = ((low - 0.5).rounded(.down), (high + 0.5).rounded(.up)) }
    let rough = max((high - low) / Double(max(1, count)), wholeOnly ? 1 : 0)
    let magnitude = pow(10, floor(log10(rough)))
    let step =
      ([1, 2, wholeOnly ? 5 : 2.5, 5, 10].first { $0 * magnitude >= rough } ?? 10) * magnitude
    self.low = (low / step).rounded(.down) * step
    self.high = (high / step).rounded(.up) * step
    let first = Int((self.low / step).rounded())
    let last = Int((self.high / step).rounded())
    ticks = (first...last).map { Double($0) * step }
    var digits = 0
    while digits < 9,
      abs((step * pow(10, Double(digits))).rounded() / pow(10, Double(digits)) - step)
        > step * 1e-6
    { digits += 1 }
    self.digits = digits
  }

  func text(_ tick: Double) -> String { Self.text(tick, digits: digits) }

  /// A number with so many digits after the point.
  static func text(_ number: Double, digits: Int) -> String {
    let factor = pow(10, Double(digits))
    let rounded = (number * factor).rounded()
    guard abs(rounded) < 9e15 else { return "\(number)" }
    let whole = Int64(rounded)
    let body = String(abs(whole))
    let sign = whole < 0 ? "−" : ""
    guard digits > 0 else { return sign + body }
    let padded = String(repeating: "0", count: max(0, digits + 1 - body.count)) + body
    return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
  }
}
