/// A report as sections of words, tables and charts, from which Markdown and HTML are made.
struct ReportDocument {
  enum Block {
    case text(String)
    case list([String])
    case table(ReportTable)
    case bars(BarChart)
    case lines(LineChart)
  }

  struct Section {
    let title: String
    var blocks: [Block]
  }

  let title: String
  let subtitle: String
  let sections: [Section]

  init(_ report: BenchReport) {
    title = "pixeldrill benchmark: \(report.title)"
    let machine = report.machine
    subtitle =
      "\(report.date.prefix(10)), pixeldrill \(report.versions["pixeldrill"] ?? "?"), "
      + "\(machine.processor), \(machine.coreCount) cores, load \(Figures.number(machine.loadBefore)) "
      + "at the start and \(Figures.number(machine.loadAfter)) at the end"
    sections = [
      Self.headline(report), Self.jobs(report), Self.networks(report), Self.growth(report),
      Self.conversions(report), Self.costs(report), Self.data(report), Self.method(report),
      Self.equality(report),
    ].filter { !$0.blocks.isEmpty }
  }
}

/// Rows of cells under a header.
struct ReportTable {
  let header: [String]
  let rows: [[String]]
  /// The first columns that hold words; the others hold numbers.
  var wordColumns = 1
}

extension BenchReport {
  /// Jobs over a network, in the order in which they were measured.
  func jobs(over network: String) -> [String] {
    var seen: Set<String> = []
    return measurements.filter { $0.network == network }.map(\.job)
      .filter { seen.insert($0).inserted }
  }

  /// Those that aren't points of a growth curve.
  var mainJobs: [String] {
    jobs(over: "folder").filter { job in !growth.contains { job.hasPrefix("\($0.title):") } }
  }

  var networks: [String] {
    var seen: Set<String> = []
    return measurements.map(\.network).filter { seen.insert($0).inserted }
  }

  /// All routes that measured a job, in their order.
  func routes(
    _ job: String, _ network: String, _ temperature: Measurement.Temperature
  ) -> [Measurement] {
    Route.allCases.compactMap { measurement(job, network, $0, temperature) }
  }
}
