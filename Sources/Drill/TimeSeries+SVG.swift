import CF

extension TimeSeries {
  /// The series as a drawing: a panel for each variable, a line for each target. Lines break where
  /// values are missing; every value has a dot, so that single ones are seen.
  public func svg(title: String) -> [UInt8] { Array(SVGPlot(self, title: title).text.utf8) }
}

/// Draws series. Everything is in the file: it needs no font, style or script of elsewhere.
private struct SVGPlot {
  /// More names than that say nothing.
  private static let legendLimit = 14

  private let series: TimeSeries
  private let width = 960.0
  private let panelHeight = 300.0
  private let left = 84.0
  private let right = 24.0
  private let top = 56.0
  private let panelGap = 44.0
  private(set) var text = ""

  private var plotWidth: Double { width - left - right }
  private var hasLegend: Bool { series.targets.count > 1 }
  private var legendRows: Int {
    hasLegend ? (min(series.targets.count, Self.legendLimit + 1) + 2) / 3 : 0
  }

  init(_ series: TimeSeries, title: String) {
    self.series = series
    let panels = Double(series.columns.count)
    let axisHeight = 34.0
    let bottom = axisHeight + Double(legendRows) * 18 + 12
    let height = top + panels * panelHeight + (panels - 1) * panelGap + bottom
    text = """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" \
      width="\(n(width))" height="\(n(height))" role="img" \
      font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#222">
      <title>\(escaped(title))</title>
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="\(n(left))" y="24" font-size="16" font-weight="bold">\(escaped(title))</text>
      <text x="\(n(left))" y="42" fill="#555">\(escaped(subtitle))</text>

      """
    for (number, column) in series.columns.enumerated() {
      draw(column, top: top + Double(number) * (panelHeight + panelGap))
    }
    if hasLegend { drawLegend(top: height - bottom + axisHeight + 12) }
    text += "</svg>\n"
  }

  private var subtitle: String {
    guard let first = series.instants.first, let last = series.instants.last else { return "" }
    let span = "\(first.dateText) to \(last.dateText)"
    guard series.targets.count == 1 else { return "\(series.targets.count) places, \(span)" }
    return "\(label(of: 0)), \(span)"
  }

  private func label(of target: Int) -> String {
    let target = series.targets[target]
    let north = PlotScale.text(abs(target.latitude), digits: 3)
    let east = PlotScale.text(abs(target.longitude), digits: 3)
    let place =
      "\(north)° \(target.latitude < 0 ? "S" : "N"), \(east)° \(target.longitude < 0 ? "W" : "E")"
    let id = target.place?.id ?? ""
    return id.isEmpty ? place : "\(id) (\(place))"
  }

  private mutating func draw(_ column: TimeSeries.Column, top: Double) {
    let values = series.targets.indices.flatMap { target in
      series.windows[target].compactMap { step in
        column.values[series.index(target: target, step: step)]
      }
    }.filter(\.isFinite)
    let name = column.attributes["long_name"]?.text ?? column.name
    let units = column.attributes["units"]?.text
    let axis = units.map { "\(name) [\($0)]" } ?? name
    let middle = top + panelHeight / 2
    text += """
      <text transform="translate(18 \(n(middle))) rotate(-90)" text-anchor="middle">\
      \(escaped(axis.count > 52 ? column.name + (units.map { " [\($0)]" } ?? "") : axis))</text>

      """
    guard let low = values.min(), let high = values.max(), let first = series.instants.first,
      let last = series.instants.last
    else {
      frame(top)
      text += """
        <text x="\(n(left + plotWidth / 2))" y="\(n(middle))" text-anchor="middle" fill="#777">\
        no values</text>

        """
      return
    }
    let scale = PlotScale(
      from: low, to: high, count: 6, wholeOnly: !column.values.type.isFloatingPoint)
    let seconds = max(1, last.seconds(since: first))
    let isSingle = series.instants.count == 1
    let (left, plotWidth, panelHeight) = (left, plotWidth, panelHeight)
    func x(_ time: Double) -> Double {
      isSingle ? left + plotWidth / 2 : left + 6 + time / seconds * (plotWidth - 12)
    }
    func y(_ value: Double) -> Double {
      top + (scale.high - value) / (scale.high - scale.low) * panelHeight
    }
    for tick in scale.ticks {
      text += """
        <line x1="\(n(left))" x2="\(n(width - right))" y1="\(n(y(tick)))" y2="\(n(y(tick)))" \
        stroke="#ddd"/><text x="\(n(left - 8))" y="\(n(y(tick) + 4))" text-anchor="end">\
        \(scale.text(tick))</text>

        """
    }
    for tick in PlotTimes(from: first, to: last, count: 9).ticks {
      let place = n(x(tick.seconds))
      text += """
        <line x1="\(place)" x2="\(place)" y1="\(n(top + panelHeight))" \
        y2="\(n(top + panelHeight + 5))" stroke="#444"/><text x="\(place)" \
        y="\(n(top + panelHeight + 19))" text-anchor="middle">\(tick.text)</text>

        """
    }
    frame(top)
    for target in series.targets.indices {
      drawLine(column, target, first: first, x: x, y: y)
    }
  }

  private mutating func frame(_ top: Double) {
    text += """
      <rect x="\(n(left))" y="\(n(top))" width="\(n(plotWidth))" height="\(n(panelHeight))" \
      fill="none" stroke="#444"/>

      """
  }

  private mutating func drawLine(
    _ column: TimeSeries.Column, _ target: Int, first: TimeInstant, x: (Double) -> Double,
    y: (Double) -> Double
  ) {
    let mark = PlotMark(target, size: series.instants.count > 1000 ? 1.8 : 3.6)
    let longest = longestStep
    var line = ""
    var dots = ""
    var lastTime: Double?
    for step in series.windows[target] {
      let value = column.values[series.index(target: target, step: step)]
      guard let value, value.isFinite else {
        lastTime = nil
        continue
      }
      let time = series.instants[step].seconds(since: first)
      let point = "\(n(x(time))) \(n(y(value)))"
      let follows = lastTime.map { time - $0 <= longest } ?? false
      line += follows ? "L\(point)" : "M\(point)"
      dots += "M\(point)\(mark.path)"
      lastTime = time
    }
    guard !dots.isEmpty else { return }
    // Between flags there is nothing.
    if column.attributes["flag_meanings"] == nil {
      text += """
        <path d="\(line)" fill="none" stroke="\(mark.colour)" stroke-width="1.2"\(mark.dash)/>

        """
    }
    text += """
      <path d="\(dots)" \(mark.style)/>

      """
  }

  /// Seconds that neighbouring steps may lie apart: longer is a gap.
  private var longestStep: Double {
    let distances = zip(series.instants, series.instants.dropFirst())
      .map { $1.seconds(since: $0) }.sorted()
    return distances.isEmpty ? 0 : distances[distances.count / 2] * 1.5
  }

  private mutating func drawLegend(top: Double) {
    let shown = min(series.targets.count, Self.legendLimit)
    for target in 0..<shown {
      let mark = PlotMark(target, size: 5)
      let (x, y) = legendPlace(target, top)
      text += """
        <line x1="\(n(x))" x2="\(n(x + 22))" y1="\(n(y - 4))" y2="\(n(y - 4))" \
        stroke="\(mark.colour)" stroke-width="1.2"\(mark.dash)/>\
        <path d="M\(n(x + 11)) \(n(y - 4))\(mark.path)" \(mark.style)/>\
        <text x="\(n(x + 28))" y="\(n(y))">\
        \(escaped(label(of: target)))</text>

        """
    }
    if shown < series.targets.count {
      let (x, y) = legendPlace(shown, top)
      text += """
        <text x="\(n(x + 28))" y="\(n(y))" fill="#555">and \(series.targets.count - shown) more\
        </text>

        """
    }
  }

  private func legendPlace(_ number: Int, _ top: Double) -> (x: Double, y: Double) {
    (left + Double(number % 3) * plotWidth / 3, top + Double(number / 3) * 18)
  }

  private func n(_ number: Double) -> String { SVGNumber.text(number) }

  private func escaped(_ text: String) -> String {
    var escaped = ""
    for character in text {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      default: escaped.append(character)
      }
    }
    return escaped
  }
}
