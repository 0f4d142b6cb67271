extension ReportDocument {
  static func conversions(_ report: BenchReport) -> Section {
    var section = Section(title: "Converting", blocks: [])
    guard let first = report.conversions.first else { return section }
    section.blocks.append(
      .text(
        "\(first.granuleCount) granules, \(Figures.bytes(Double(first.decodedByteCount))) of packed "
          + "numbers, from folder to folder, each program from its start to its end, in turns."))
    section.blocks.append(
      .bars(BarChart(title: "conversion, from start to end", report.conversions)))
    section.blocks.append(
      .table(
        ReportTable(
          header: [
            "program", "median", "p10", "p90", "runs", "× pixeldrill v3", "decoded per s", "CPU",
            "peak memory", "objects", "stored",
          ],
          rows: report.conversions.map { own in
            [
              own.program, Figures.seconds(own.seconds.median), Figures.seconds(own.seconds.p10),
              Figures.seconds(own.seconds.p90), "\(own.seconds.count)",
              Figures.number(own.seconds.median / first.seconds.median),
              Figures.bytes(Double(own.decodedByteCount) / own.seconds.median),
              Figures.seconds(own.cpuSeconds), Figures.bytes(Double(own.peakByteCount)),
              Figures.count(Double(own.objectCount)), Figures.bytes(Double(own.byteCount)),
            ]
          })))
    section.blocks.append(.list(report.conversions.map { "\($0.program): \($0.explanation)." }))
    return section
  }

  static func costs(_ report: BenchReport) -> Section {
    var section = Section(title: "What the whole archive would cost", blocks: [])
    guard let costs = report.costs else { return section }
    let prices = costs.prices
    let archive = prices.archive
    section.blocks = [
      .text(
        "Extrapolated from “\(costs.job)”, opened anew, to \(Figures.count(Double(archive.granules))) "
          + "granules of \(archive.rows) × \(archive.columns) pixels in \(archive.years) years. "
          + "Requests and bytes were counted; prices are given: \(prices.source), \(prices.date). In "
          + "\(prices.currency): \(prices.perThousandReads) per 1000 reads, "
          + "\(prices.perThousandWrites) per 1000 writes, \(prices.perGigabyteOut) per GB moved out, "
          + "\(prices.perGigabyteMonth) per GB and month, \(prices.perCoreHour) per core-hour."),
      .table(
        ReportTable(
          header: ["one pixel, all years", "requests", "moved", prices.currency],
          rows: costs.drills.map {
            [
              $0.route.description, Figures.count($0.requests), Figures.bytes($0.bytes),
              Figures.money($0.cost),
            ]
          })),
      .list(costs.drills.map { "\($0.route): \($0.arithmetic)" }),
    ]
    if let conversion = costs.conversion {
      section.blocks.append(
        .text(
          "Converting it once, one variable, where the bytes are (nothing moved out): "
            + "\(prices.currency) \(Figures.money(conversion.cost)), and "
            + "\(Figures.money(conversion.costPerMonth)) a month for keeping the stores."))
      section.blocks.append(.list(conversion.arithmetic))
    }
    if let pixels = costs.breakEvenPixels, let conversion = costs.conversion {
      let difference = conversion.cost / pixels
      section.blocks.append(
        .text(
          "Beside references, converting has paid for itself after "
            + "\(Figures.money(conversion.cost)) ÷ \(Figures.money(difference)) (what a pixel costs "
            + "less) = \(Figures.count(pixels.rounded(.up))) pixels drilled over all years from "
            + "outside the region, not counting what keeping the stores costs, nor anyone's time."))
    }
    return section
  }

  static func data(_ report: BenchReport) -> Section {
    Section(
      title: "Data",
      blocks: [
        .text(
          "Synthetic granules by `pixeldrill sample`, with the archive's layout and its traps (packing "
            + "that differs from day to day, missing days, clouds, land) and no observation."),
        .table(
          ReportTable(
            header: [
              "stack", "converted", "years × days", "granules", "rows × columns", "granules' size",
              "Zarr v3", "Zarr v2", "references",
            ],
            rows: report.stacks.map { own in
              func store(_ format: String) -> String {
                Figures.bytes(Double(own.storeByteCounts[format] ?? 0)) + " ("
                  + Figures.count(Double(own.storeObjectCounts[format] ?? 0)) + " objects)"
              }
              return [
                own.name, own.variables.joined(separator: ", "),
                "\(own.years) × \(own.daysPerYear)", "\(own.granuleCount)",
                "\(own.rows) × \(own.columns)",
                Figures.bytes(Double(own.granuleByteCount)), store("v3"), store("v2"),
                Figures.bytes(Double(own.referenceByteCount)),
              ]
            }, wordColumns: 2)),
      ])
  }

  static func method(_ report: BenchReport) -> Section {
    let routes = Route.allCases.filter { route in
      report.measurements.contains { $0.route == route }
    }
    let versions = report.versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return Section(
      title: "Method",
      blocks: [
        .list(routes.map { "\($0): \($0.explanation)." }),
        .list(
          [
            "Cold: pages of the route's files dropped from the page cache (posix_fadvise DONTNEED), "
              + "sources opened anew in the time measured. Warm: opened before, nothing dropped.",
            "Whole file, in place and OPeNDAP: which granules there are, their times and packing are "
              + "known beforehand, which is in favour of these routes; libnetcdf opens each file anew "
              + "for every reading. Copies of whole files are written to a temporary file.",
            "Python's start and its imports aren't measured, nor is making JSON of values. Its "
              + "requests and bytes aren't counted, nor those of libnetcdf in place.",
            "CPU is this process and its ended children, for Python that process; servers aren't "
              + "counted.",
            "Routes are measured in turns, round by round; p10 and p90 lie between the nearest "
              + "ranks. A route that takes long has fewer runs.",
            "In the first round each route's numbers are compared, bit for bit; if any differs, "
              + "there is no report.",
          ] + report.notes),
        .text(
          "\(report.machine.system), \(report.machine.processor), \(report.machine.coreCount) cores, "
            + "\(Figures.bytes(Double(report.machine.memoryByteCount))) of memory. "
            + versions.joined(separator: ", ") + ". "
            + "The run took \(Figures.number(report.minutes)) minutes."),
      ])
  }

  static func equality(_ report: BenchReport) -> Section {
    Section(
      title: "What was equal",
      blocks: [
        .text(
          "Each line was checked before it was timed: all routes named gave the same numbers, bit for "
            + "bit, missing ones included."),
        .table(
          ReportTable(
            header: ["job", "network", "routes", "numbers"],
            rows: report.equality.map { own in
              [
                own.job, own.network, own.routes.map(\.description).joined(separator: ", "),
                Figures.count(Double(own.numberCount)),
              ]
            }, wordColumns: 3)),
      ])
  }
}
