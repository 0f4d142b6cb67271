extension BenchReport {
  /// The report's words and tables; charts are in the HTML.
  public var markdown: String {
    let document = ReportDocument(self)
    var text = "# \(document.title)\n\n\(document.subtitle)\n"
    for section in document.sections {
      text += "\n## \(section.title)\n"
      for block in section.blocks {
        switch block {
        case .text(let words): text += "\n\(words)\n"
        case .list(let items):
          guard !items.isEmpty else { continue }
          text += "\n" + items.map { "- \($0)\n" }.joined()
        case .table(let table): text += "\n" + table.markdown
        case .bars(let chart): text += "\n### \(chart.title)\n"
        case .lines(let chart): text += "\n### \(chart.title)\n"
        }
      }
    }
    return text
  }
}

extension ReportTable {
  fileprivate var markdown: String {
    func line(_ cells: [String]) -> String {
      "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
    let rules = header.indices.map { $0 < wordColumns ? "---" : "---:" }
    return line(header) + line(rules) + rows.map(line).joined()
  }
}
