internal import Foundation

/// Bars along a logarithmic axis of seconds, with the span from p10 to p90.
struct BarChart {
  struct Bar {
    let label: String
    let spread: Spread
    /// Which of the document's colours.
    let colour: Int
  }

  let title: String
  let bars: [Bar]

  init(title: String, _ measured: [BenchReport.Measurement]) {
    self.title = title
    bars = measured.map {
      Bar(label: $0.route.description, spread: $0.seconds, colour: $0.route.colour)
    }
  }

  init(title: String, _ measured: [BenchReport.ConversionMeasurement]) {
    self.title = title
    bars = measured.enumerated().map { index, own in
      Bar(label: own.program, spread: own.seconds, colour: index < 2 ? 0 : 5 + index)
    }
  }

  var svg: String {
    let (left, width, row) = (212.0, 690.0, 26.0)
    let bottom = Double(bars.count) * row + 8
    let axis = LogAxis(bars.flatMap { [$0.spread.p10, $0.spread.p90] }, from: left, to: width - 84)
    var svg = SVG.open(title, width: width, height: bottom + 24)
    for tick in axis.ticks {
      svg += SVG.line(axis.place(tick), 4, axis.place(tick), bottom, "grid")
      svg += SVG.text(axis.place(tick), bottom + 16, Figures.tick(tick), "tick middle")
    }
    for (index, bar) in bars.enumerated() {
      let top = Double(index) * row + 8
      let end = axis.place(bar.spread.median)
      let high = axis.place(bar.spread.p90)
      svg += SVG.text(left - 8, top + 13, bar.label, "end")
      svg += """
        <rect class="c\(bar.colour)" x="\(SVG.n(left))" y="\(SVG.n(top))" \
        width="\(SVG.n(max(1, end - left)))" height="18" rx="2" \
        data-seconds="\(bar.spread.median)"/>
        """
      svg += SVG.line(axis.place(bar.spread.p10), top + 9, high, top + 9, "span")
      svg += SVG.text(
        max(end, high) + 6, top + 13, Figures.seconds(bar.spread.median), "value")
    }
    return svg + "</svg>\n"
  }
}

/// Seconds against length, both logarithmic, a line for each route.
struct LineChart {
  let title: String
  let fits: [BenchReport.GrowthFit]

  init(title: String, _ fits: [BenchReport.GrowthFit]) {
    self.title = title
    self.fits = fits
  }

  var svg: String {
    let (left, right, top, bottom, width) = (72.0, 620.0, 10.0, 270.0, 640.0)
    let horizontal = LogAxis(fits.flatMap(\.lengths), from: left + 12, to: right, isExact: true)
    let vertical = LogAxis(fits.flatMap(\.seconds), from: bottom, to: top)
    let legendTop = bottom + 52
    let rows = (fits.count + 1) / 2
    var svg = SVG.open(title, width: width, height: legendTop + Double(rows) * 20)
    for tick in vertical.ticks {
      svg += SVG.line(left, vertical.place(tick), right, vertical.place(tick), "grid")
      svg += SVG.text(left - 8, vertical.place(tick) + 4, Figures.tick(tick), "tick end")
    }
    let lengths = fits.first?.lengths ?? []
    for length in lengths {
      svg += SVG.text(horizontal.place(length), bottom + 18, length.text, "tick middle")
    }
    svg += SVG.text((left + right) / 2, bottom + 36, fits.first?.unit ?? "", "tick middle")
    for (index, fit) in fits.enumerated() {
      let places = zip(fit.lengths, fit.seconds).map { (horizontal.place($0), vertical.place($1)) }
      let points = places.map { "\(SVG.n($0.0)),\(SVG.n($0.1))" }.joined(separator: " ")
      svg += "<polyline class=\"l\(fit.route.colour)\" points=\"\(points)\"/>"
      for (place, seconds) in zip(places, fit.seconds) {
        svg += """
          <circle class="c\(fit.route.colour)" cx="\(SVG.n(place.0))" cy="\(SVG.n(place.1))" \
          r="3.5" data-seconds="\(seconds)"/>
          """
      }
      let x = left + Double(index % 2) * 280
      let y = legendTop + Double(index / 2) * 20
      svg += SVG.line(x, y - 4, x + 20, y - 4, "l\(fit.route.colour)")
      svg += SVG.text(x + 27, y, fit.route.description, "value")
    }
    return svg + "</svg>\n"
  }
}

/// A logarithmic scale onto a span of the drawing.
struct LogAxis {
  /// Powers of ten that lie in the span.
  let ticks: [Double]
  private let low: Double
  private let high: Double
  private let start: Double
  private let end: Double

  /// - Parameter isExact: Ends at the extremes instead of the next powers of ten.
  init(_ values: [Double], from start: Double, to end: Double, isExact: Bool = false) {
    let positive = values.filter { $0 > 0 }
    let least = log10(positive.min() ?? 1)
    let most = log10(positive.max() ?? 1)
    low = isExact ? least : (least - 0.1).rounded(.down)
    high = isExact ? max(most, least + 0.01) : max(most.rounded(.up), low + 1)
    ticks = (Int(low.rounded(.up))...max(Int(high.rounded(.down)), Int(low.rounded(.up))))
      .map { pow(10, Double($0)) }
    self.start = start
    self.end = end
  }

  func place(_ value: Double) -> Double {
    start + (log10(max(value, 1e-12)) - low) / (high - low) * (end - start)
  }
}

/// Pieces of a drawing whose colours the page's style sheet decides.
enum SVG {
  static func open(_ title: String, width: Double, height: Double) -> String {
    """
    <svg viewBox="0 0 \(n(width)) \(n(height))" role="img" aria-label="\(escaped(title))">\
    <title>\(escaped(title))</title>
    """
  }

  static func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String
  ) -> String {
    "<line class=\"\(style)\" x1=\"\(n(x1))\" y1=\"\(n(y1))\" x2=\"\(n(x2))\" y2=\"\(n(y2))\"/>"
  }

  static func text(_ x: Double, _ y: Double, _ text: String, _ style: String) -> String {
    "<text class=\"\(style)\" x=\"\(n(x))\" y=\"\(n(y))\">\(escaped(text))</text>"
  }

  /// A length in the drawing, to a tenth.
  static func n(_ number: Double) -> String { ((number * 10).rounded() / 10).text }

  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}

extension Route {
  /// Of the document's colours; related routes have related ones.
  var colour: Int { Route.allCases.firstIndex(of: self) ?? 0 }
}
