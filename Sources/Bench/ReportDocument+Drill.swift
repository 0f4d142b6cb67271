extension ReportDocument {
  private typealias Measurement = BenchReport.Measurement

  static func headline(_ report: BenchReport) -> Section {
    var section = Section(title: "Where each route wins", blocks: [])
    var sentences = report.mainJobs.compactMap { sentence($0, "folder", .warm, report) }
    // One of the simulated networks: the slowest.
    let slowest = report.measurements.last(where: \.isSimulated)?.network
    for network in report.networks where network == "S3 server" || network == slowest {
      sentences += report.jobs(over: network).compactMap { sentence($0, network, .cold, report) }
    }
    if let sentence = conversionSentence(report) { sentences.append(sentence) }
    section.blocks.append(
      .text(
        "From local files and warm, unless it says otherwise. Warm: opened before, files in memory. "
          + "Cold: opened anew, files read from the disk. Simulated: local files behind a wait for "
          + "each answer and a bandwidth. All routes gave the same numbers, bit for bit."))
    section.blocks.append(.list(sentences))
    for (temperature, words) in [
      (Measurement.Temperature.warm, "Warm"), (.cold, "Cold"),
    ] {
      section.blocks.append(
        .text(
          "\(words), from local files: medians, and how many times as long as the fastest route."))
      section.blocks.append(.table(comparison(temperature, report)))
    }
    return section
  }

  /// A row for each route, a column for each job.
  private static func comparison(
    _ temperature: Measurement.Temperature, _ report: BenchReport
  ) -> ReportTable {
    let jobs = report.mainJobs
    let rows = Route.allCases.compactMap { route -> [String]? in
      let cells = jobs.map { job in
        let measured = report.routes(job, "folder", temperature)
        guard let own = measured.first(where: { $0.route == route }),
          let best = measured.map(\.seconds.median).min()
        else { return "–" }
        let ratio = own.seconds.median / best
        return Figures.seconds(own.seconds.median)
          + (ratio == 1 ? " (fastest)" : " (\(Figures.ratio(ratio)))")
      }
      return cells.contains { $0 != "–" } ? [route.description] + cells : nil
    }
    return ReportTable(header: ["route"] + jobs, rows: rows)
  }

  /// Which route wins a job and by how much, told alike whichever it is.
  private static func sentence(
    _ job: String, _ network: String, _ temperature: Measurement.Temperature, _ report: BenchReport
  ) -> String? {
    let measured = report.routes(job, network, temperature)
      .sorted { $0.seconds.median < $1.seconds.median }
    guard let best = measured.first else { return nil }
    let place = network == "folder" ? "" : " (\(network), \(temperature.rawValue))"
    var sentence =
      "\(job)\(place): the fastest is \(best.route) with \(Figures.seconds(best.seconds.median)). "
      + timesAsLong(measured.dropFirst().map { ("\($0.route)", $0.seconds) }, best.seconds)
    if let stores = measured.first(where: { $0.route == .zarrV3 }), stores.stepCount == 1,
      stores.seconds.median > 1.1 * best.seconds.median
    {
      sentence +=
        " For a map of one day, stores that are chunked for time are the wrong layout: each of "
        + "their chunks holds all days, which are read and decoded for one."
    }
    return sentence
  }

  private static func conversionSentence(_ report: BenchReport) -> String? {
    let sorted = report.conversions.sorted { $0.seconds.median < $1.seconds.median }
    guard let best = sorted.first else { return nil }
    return
      "converting \(best.granuleCount) granules: the fastest is \(best.program) with "
      + "\(Figures.seconds(best.seconds.median)). "
      + timesAsLong(sorted.dropFirst().map { ($0.program, $0.seconds) }, best.seconds)
  }

  private static func timesAsLong(_ others: [(name: String, seconds: Spread)], _ best: Spread)
    -> String
  {
    "Times as long: "
      + others.map { "\($0.name) \(Figures.number($0.seconds.median / best.median))" }
      .joined(separator: "; ") + "."
  }

  static func jobs(_ report: BenchReport) -> Section {
    var section = Section(title: "Each job from local files", blocks: [])
    for job in report.mainJobs {
      let warm = report.routes(job, "folder", .warm)
      section.blocks.append(.bars(BarChart(title: "\(job), warm", warm)))
      section.blocks.append(.table(details(job, "folder", report)))
    }
    return section
  }

  /// All that was measured of a job.
  private static func details(
    _ job: String, _ network: String, _ report: BenchReport
  ) -> ReportTable {
    let rows = [Measurement.Temperature.cold, .warm].flatMap { temperature in
      report.routes(job, network, temperature).map { own in
        [
          own.route.description, temperature.rawValue, Figures.seconds(own.seconds.median),
          Figures.seconds(own.seconds.p10), Figures.seconds(own.seconds.p90),
          "\(own.seconds.count)", Figures.seconds(own.cpuSeconds),
          own.requestCount.map { Figures.count(Double($0)) } ?? "–",
          own.byteCount.map { Figures.bytes(Double($0)) } ?? "–",
        ]
      }
    }
    return ReportTable(
      header: ["route", "", "median", "p10", "p90", "runs", "CPU", "requests", "bytes"],
      rows: rows, wordColumns: 2)
  }

  static func networks(_ report: BenchReport) -> Section {
    var section = Section(title: "Over a network", blocks: [])
    let far = report.networks.filter { $0 != "folder" }
    guard !far.isEmpty else { return section }
    if far.contains("S3 server") {
      section.blocks.append(
        .text(
          "From a real S3 server on the same machine, which shares its cores and holds everything in "
            + "memory: cold means opened anew, but the server's cache is always warm."))
      for job in report.jobs(over: "S3 server") {
        section.blocks.append(
          .bars(BarChart(title: "\(job), S3 server, cold", report.routes(job, "S3 server", .cold))))
        section.blocks.append(.table(details(job, "S3 server", report)))
      }
    }
    let simulated = report.measurements.filter(\.isSimulated)
    guard !simulated.isEmpty else { return section }
    section.blocks.append(
      .text(
        "Simulated: local files behind a wait for each answer, and a bandwidth of each connection by "
          + "itself; up to 32 sources are asked at once. No loss, no shared link."))
    var jobs: [String] = []
    for measured in simulated where !jobs.contains(measured.job) { jobs.append(measured.job) }
    for job in jobs {
      let networks = far.filter { network in
        simulated.contains { $0.network == network && $0.job == job }
      }
      let routes = Route.allCases.filter { route in
        simulated.contains { $0.route == route && $0.job == job }
      }
      for temperature in [Measurement.Temperature.cold, .warm] {
        section.blocks.append(.text("\(job), \(temperature.rawValue), median (requests, bytes):"))
        section.blocks.append(
          .table(
            ReportTable(
              header: ["network"] + routes.map(\.description),
              rows: networks.map { network in
                [network]
                  + routes.map { route in
                    guard let own = report.measurement(job, network, route, temperature) else {
                      return "–"
                    }
                    let counts = own.requestCount.map { requests in
                      " (\(Figures.count(Double(requests))), "
                        + "\(Figures.bytes(Double(own.byteCount ?? 0))))"
                    }
                    return Figures.seconds(own.seconds.median) + (counts ?? "")
                  }
              })))
      }
      if let slowest = networks.last {
        section.blocks.append(
          .bars(BarChart(title: "\(job), \(slowest), cold", report.routes(job, slowest, .cold))))
      }
    }
    return section
  }

  static func growth(_ report: BenchReport) -> Section {
    var section = Section(title: "Growth", blocks: [])
    var titles: [String] = []
    for fit in report.growth where !titles.contains(fit.title) { titles.append(fit.title) }
    for title in titles {
      let fits = report.growth.filter { $0.title == title }
      section.blocks.append(
        .lines(LineChart(title: "\(title), warm", fits.filter { $0.temperature == .warm })))
      section.blocks.append(
        .table(
          ReportTable(
            header: ["route", "", "exponent"]
              + (fits.first?.lengths ?? []).map {
                "\($0.text) \($0 == 1 ? fits[0].unit.dropLast() : fits[0].unit[...])"
              } + ["slope per \(fits.first?.unit.dropLast() ?? "")"],
            rows: fits.map { fit in
              [fit.route.description, fit.temperature.rawValue, Figures.number(fit.exponent)]
                + fit.seconds.map(Figures.seconds) + [Self.slope(fit.secondsPerUnit)]
            }, wordColumns: 2)))
    }
    if !titles.isEmpty {
      section.blocks.append(
        .text(
          "The exponent is that of a power law through the medians: 0 is no growth, 1 is in "
            + "proportion. The slope is that of a straight line."))
    }
    return section
  }

  private static func slope(_ seconds: Double) -> String {
    seconds < 0 ? "none (noise)" : Figures.seconds(seconds)
  }
}
