internal import Foundation
internal import Yams

/// What the whole archive would cost to drill and to convert, from what was counted here.
///
/// Requests and bytes are counted in the run; prices and the archive's size are given. Nothing is
/// measured in money: change the prices and the arithmetic says something else.
public struct CostModel: Codable, Sendable {
  /// `benchmarks/prices.yaml`.
  public struct Prices: Codable, Hashable, Sendable {
    public let source: String
    /// When the prices held.
    public let date: String
    public let currency: String
    public let perThousandReads: Double
    public let perThousandWrites: Double
    /// Moved out of the cloud; nothing is paid inside a region.
    public let perGigabyteOut: Double
    public let perGigabyteMonth: Double
    public let perCoreHour: Double
    public let archive: Archive

    /// What costs are extrapolated to.
    public struct Archive: Codable, Hashable, Sendable {
      public let granules: Int
      public let years: Int
      public let rows: Int
      public let columns: Int
    }

    /// - Throws: ``BenchError/config(_:)``.
    public init(yaml: String) throws(BenchError) {
      do { self = try YAMLDecoder().decode(Prices.self, from: yaml) } catch {
        throw .unreadable(error, of: "prices: ")
      }
    }
  }

  /// One pixel's series of the whole archive.
  public struct Drill: Codable, Sendable {
    public let route: Route
    public let requests: Double
    public let bytes: Double
    public let cost: Double
    /// How the numbers come about.
    public let arithmetic: String
  }

  public struct Conversion: Codable, Sendable {
    public let reads: Double
    public let writes: Double
    public let coreHours: Double
    public let storedBytes: Double
    public let cost: Double
    public let costPerMonth: Double
    public let arithmetic: [String]
  }

  public let prices: Prices
  /// What was counted.
  public let job: String
  public let drills: [Drill]
  public let conversion: Conversion?
  /// How many pixels must be drilled until converting has paid for itself, beside references.
  public let breakEvenPixels: Double?

  /// - Returns: `nil` if the run has no job of one pixel and one year to count.
  init?(_ report: BenchReport, _ config: BenchConfig, prices: Prices) {
    guard
      let job = config.jobs.first(where: {
        $0.points == 1 && ($0.years ?? 1) == 1 && $0.days == nil
      }),
      let stack = report.stacks.first(where: { $0.name == job.stack })
    else { return nil }
    let archive = prices.archive
    let area = Double(archive.rows * archive.columns) / Double(stack.rows * stack.columns)
    self.prices = prices
    self.job = job.name
    drills = Route.allCases.compactMap { route in
      report.measurement(job.name, "folder", route, .cold)
        .flatMap { Drill($0, prices, area: area) }
    }
    conversion = Self.conversion(report, stack, prices, area: area)
    let (stores, references) = (
      drills.first { $0.route == .zarrV3 }, drills.first { $0.route == .references }
    )
    if let conversion, let stores, let references, references.cost > stores.cost {
      breakEvenPixels = conversion.cost / (references.cost - stores.cost)
    } else {
      breakEvenPixels = nil
    }
  }

  private static func conversion(
    _ report: BenchReport, _ stack: BenchReport.StackFacts, _ prices: Prices, area: Double
  ) -> Conversion? {
    guard let run = report.conversions.first,
      let bytes = stack.storeByteCounts["v3"], let objects = stack.storeObjectCounts["v3"]
    else { return nil }
    let archive = prices.archive
    let variables = Double(stack.variables.count)
    // A stored tile has 1500 × 2000 pixels; a header takes about 6 ranges.
    let tiles = (Double(archive.rows * archive.columns) / 3e6).rounded(.up) * variables
    let reads = Double(archive.granules) * (tiles + 6)
    let writes = Double(objects) / Double(stack.years) * Double(archive.years) * area
    let stored = Double(bytes) / Double(stack.granuleCount) * Double(archive.granules) * area
    let pixels = Double(archive.granules * archive.rows * archive.columns)
    let decoded = pixels * 2 * variables
    let hours = decoded / (Double(run.decodedByteCount) / run.cpuSeconds) / 3600
    let cost =
      reads / 1000 * prices.perThousandReads + writes / 1000 * prices.perThousandWrites
      + hours * prices.perCoreHour
    let month = stored / 1e9 * prices.perGigabyteMonth
    return Conversion(
      reads: reads, writes: writes, coreHours: hours, storedBytes: stored, cost: cost,
      costPerMonth: month,
      arithmetic: [
        "reads: \(archive.granules) granules × (\(tiles.text) tiles + 6 ranges of a header, both "
          + "assumed: each tile is read once) = \(Figures.count(reads))",
        "writes: \(objects) objects ÷ \(stack.years) × \(archive.years) years × "
          + "\(Figures.number(area)) times the area = \(Figures.count(writes))",
        "CPU: \(archive.granules) × \(archive.rows) × \(archive.columns) numbers of 2 bytes = "
          + "\(Figures.bytes(decoded)), decoded at "
          + "\(Figures.number(Double(run.decodedByteCount) / run.cpuSeconds / 1e6)) MB a core-second "
          + "(\(run.program)) = \(Figures.number(hours)) core-hours",
        "stored: \(Figures.bytes(Double(bytes))) of \(stack.granuleCount) granules × "
          + "\(archive.granules) ÷ \(stack.granuleCount) × \(Figures.number(area)) times the area = "
          + "\(Figures.bytes(stored)), \(prices.currency) \(Figures.money(month)) a month",
        "together: \(Figures.count(reads)) × \(prices.perThousandReads) ÷ 1000 + "
          + "\(Figures.count(writes)) × \(prices.perThousandWrites) ÷ 1000 + "
          + "\(Figures.number(hours)) × \(prices.perCoreHour) = \(prices.currency) "
          + "\(Figures.money(cost))",
      ])
  }
}

extension CostModel.Drill {
  /// - Returns: `nil` for a route whose requests nobody counted.
  init?(_ measured: BenchReport.Measurement, _ prices: CostModel.Prices, area: Double) {
    guard let requests = measured.requestCount, let bytes = measured.byteCount else { return nil }
    let archive = prices.archive
    let isStore = measured.route == .zarrV3 || measured.route == .zarrV2
    let steps = Double(archive.granules) / Double(measured.stepCount)
    let scale = isStore ? Double(archive.years) : steps
    let total = Double(requests) * scale
    var moved = Double(bytes) * steps
    var arithmetic =
      "\(requests) requests × "
      + (isStore
        ? "\(archive.years) years"
        : "\(archive.granules) ÷ \(measured.stepCount) granules")
      + " = \(Figures.count(total)); \(Figures.bytes(Double(bytes))) × \(archive.granules) ÷ "
      + "\(measured.stepCount)"
    if measured.route == .wholeFile {
      moved *= area
      arithmetic += " × \(Figures.number(area)) times the area"
    }
    let cost = total / 1000 * prices.perThousandReads + moved / 1e9 * prices.perGigabyteOut
    arithmetic +=
      " = \(Figures.bytes(moved)); \(Figures.count(total)) × \(prices.perThousandReads) ÷ 1000 + "
      + "\(Figures.number(moved / 1e9)) GB × \(prices.perGigabyteOut) = \(prices.currency) "
      + Figures.money(cost)
    self.init(
      route: measured.route, requests: total, bytes: moved, cost: cost, arithmetic: arithmetic)
  }
}
