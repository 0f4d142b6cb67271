extension ReportDocument {
  private typealias Measurement = BenchReport.Measurement

  static func headline(_ report: BenchReport) -> Section {
    var section = Section(title: "Where each route wins", blocks: [])
    section.blocks.append(.list(report.mainJobs.compactMap { sentence($0, report) }))
    for (temperature, words) in [
      (Measurement.Temperature.warm, "Warm: opened before, files in memory."),
      (.cold, "Cold: opened anew, files read from the disk."),
    ] {
      section.blocks.append(
        .text(
          "\(words) Medians from local files, and how many times as long as the fastest route."))
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

  /// What a job says about the layout, as faithfully where it loses as where it wins.
  private static func sentence(_ job: String, _ report: BenchReport) -> String? {
    let measured = report.routes(job, "folder", .warm)
    guard let best = measured.min(by: { $0.seconds.median < $1.seconds.median }),
      let stores = measured.first(where: { $0.route == .zarrV3 })
    else { return nil }
    func times(_ other: Measurement) -> String {
      Figures.number(other.seconds.median / stores.seconds.median)
    }
    let beside = measured.filter { ![.zarrV3, .zarrV2].contains($0.route) }
      .map { "\($0.route) \(times($0))" }.joined(separator: "; ")
    var sentence =
      "\(job): \(Figures.seconds(stores.seconds.median)) from Zarr v3. In multiples of that: "
      + "\(beside)."
    let factor = stores.seconds.median / best.seconds.median
    if factor > 1.1 {
      sentence +=
        " The fastest is \(best.route): Zarr v3 takes \(Figures.number(factor)) times as long."
    }
    if stores.stepCount == 1, factor > 1.1 {
      sentence +=
        " For a map of one day, stores that are chunked for time are the wrong layout: each of its "
        + "chunks holds all days, which are read and decoded for one."
    }
    return sentence
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
                "\($0.text) \(fits[0].unit)"
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
