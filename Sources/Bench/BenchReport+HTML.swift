internal import Foundation

extension BenchReport {
  /// The report as one page that needs nothing else: styles and drawings are in it, scripts there
  /// are none.
  public var html: String {
    let document = ReportDocument(self)
    var body = "<h1>\(SVG.escaped(document.title))</h1>\n"
    body += "<p class=\"subtitle\">\(SVG.escaped(document.subtitle))</p>\n"
    for section in document.sections {
      body += "<section>\n<h2>\(SVG.escaped(section.title))</h2>\n"
      for block in section.blocks { body += Self.html(block) }
      body += "</section>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="data:,">
      <title>\(SVG.escaped(document.title))</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <main>
      \(body)</main>
      </body>
      </html>

      """
  }

  private static func html(_ block: ReportDocument.Block) -> String {
    switch block {
    case .text(let words): return "<p>\(inline(words))</p>\n"
    case .list(let items):
      return items.isEmpty
        ? "" : "<ul>\n" + items.map { "<li>\(inline($0))</li>\n" }.joined() + "</ul>\n"
    case .table(let table): return table.html
    case .bars(let chart): return figure(chart.title, chart.svg)
    case .lines(let chart): return figure(chart.title, chart.svg)
    }
  }

  private static func figure(_ title: String, _ svg: String) -> String {
    "<figure>\n<figcaption>\(SVG.escaped(title))</figcaption>\n\(svg)</figure>\n"
  }

  /// Words, with what stands between backticks as code.
  private static func inline(_ words: String) -> String {
    SVG.escaped(words).split(separator: "`", omittingEmptySubsequences: false).enumerated()
      .map { $0 % 2 == 0 ? String($1) : "<code>\($1)</code>" }.joined()
  }
}

extension ReportTable {
  fileprivate var html: String {
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>"
        + cells.enumerated().map { index, cell in
          let style =
            (index < wordColumns ? "" : " class=\"number\"")
            + (tag == "td" && cell.hasSuffix("(fastest)") ? " data-best" : "")
          let words = index < wordColumns ? SVG.escaped(cell) : Self.lines(cell)
          return "<\(tag)\(style)>\(words)</\(tag)>"
        }.joined() + "</tr>\n"
    }
    return "<div class=\"wide\" tabindex=\"0\"><table>\n<thead>" + row(header, "th")
      + "</thead>\n<tbody>\n"
      + rows.map { row($0, "td") }.joined() + "</tbody>\n</table></div>\n"
  }
}

extension ReportTable {
  /// What a cell says in brackets goes below the rest.
  private static func lines(_ cell: String) -> String {
    guard cell.hasSuffix(")"), let bracket = cell.range(of: " (") else { return SVG.escaped(cell) }
    return SVG.escaped(String(cell[..<bracket.lowerBound])) + "<br><small>"
      + SVG.escaped(String(cell[bracket.upperBound...].dropLast())) + "</small>"
  }
}

/// How the page looks: in light and dark, on a phone and on paper.
private enum ReportStyle {
  /// Told apart with any colour vision: Okabe and Ito, brightened for the dark.
  private static let light = [
    "#0072b2", "#56b4e9", "#d55e00", "#e69f00", "#555555", "#888888", "#7a4b9e", "#009e73",
    "#cc79a7",
  ]
  private static let dark = [
    "#4aa8e0", "#8fd0f5", "#ff8a3d", "#f0b93a", "#aaaaaa", "#cfcfcf", "#b78ad8", "#2cc79b",
    "#e79cc4",
  ]

  static var css: String {
    func colours(_ palette: [String]) -> String {
      palette.enumerated().map { "--c\($0): \($1);" }.joined(separator: " ")
    }
    let classes = light.indices.map {
      ".c\($0) { fill: var(--c\($0)); } .l\($0) { stroke: var(--c\($0)); }"
    }.joined(separator: "\n")
    return """
      :root { --ink: #1c1e21; --quiet: #5c6167; --paper: #ffffff; --rule: #d9dce0; --tint: #f3f5f7;
        --best: #e2f1e6; \(colours(light)) }
      @media (prefers-color-scheme: dark) {
        :root { --ink: #e7e9ec; --quiet: #a3a9b1; --paper: #15181c; --rule: #363b42; --tint: #1e2227;
          --best: #1d3a28; \(colours(dark)) }
      }
      body { margin: 0; background: var(--paper); color: var(--ink);
        font: 16px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; }
      main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
      h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
      h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; border-bottom: 1px solid var(--rule);
        padding-bottom: .3rem; }
      p, li { max-width: 46rem; overflow-wrap: anywhere; }
      .subtitle { color: var(--quiet); margin-top: 0; }
      ul { padding-left: 1.2rem; }
      li { margin: .25rem 0; }
      code { font-size: .92em; }
      .wide { overflow-x: auto; margin: .8rem 0 1.4rem; }
      table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
      th, td { padding: .32rem .7rem; text-align: left; vertical-align: top;
        border-bottom: 1px solid var(--rule); }
      th { color: var(--quiet); font-weight: 600; }
      td:first-child, th:first-child { min-width: 9rem; padding-left: .3rem; }
      .number { text-align: right; }
      td.number { white-space: nowrap; }
      small { color: var(--quiet); }
      td[data-best] { background: var(--best); font-weight: 600; }
      tbody tr:hover { background: var(--tint); }
      figure { margin: 1.6rem 0 .4rem; max-width: 46rem; }
      figcaption { font-weight: 600; margin-bottom: .3rem; }
      svg { display: block; width: 100%; height: auto; font-size: 13px; fill: var(--ink); }
      svg .grid { stroke: var(--rule); }
      svg .span { stroke: var(--ink); stroke-width: 1.5; }
      svg .tick { fill: var(--quiet); font-size: 11.5px; }
      svg .end { text-anchor: end; }
      svg .middle { text-anchor: middle; }
      svg polyline { fill: none; stroke-width: 2; }
      svg line[class^="l"] { stroke-width: 3; }
      \(classes)
      @media (max-width: 40rem) {
        body { font-size: 15px; }
        main { padding: 1rem .8rem 3rem; }
        td:first-child, th:first-child { position: sticky; left: 0; min-width: 6.5rem;
          background: var(--paper); background-clip: padding-box; }
        svg { font-size: 16.5px; }
        svg .tick { font-size: 15px; }
      }
      @media print {
        :root { --ink: #000; --quiet: #444; --paper: #fff; --rule: #bbb; --tint: #fff; --best: #eee;
          \(colours(light)) }
        body { font-size: 10pt; }
        main { max-width: none; padding: 0; }
        .wide { overflow: visible; }
        table { font-size: 7pt; }
        th, td { padding: .15rem .3rem; }
        figure, tr { break-inside: avoid; }
        h2, figcaption { break-after: avoid; }
      }
      """
  }
}
