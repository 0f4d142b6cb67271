/// A report beside an older one: what has become slower, and what faster.
public struct BenchComparison: Sendable {
  public struct Line: Hashable, Sendable {
    public let what: String
    public let before: Double
    public let now: Double
    public var ratio: Double { now / before }
  }

  /// From what ratio on a time has changed: measurements of one machine differ by so much.
  public static let threshold = 1.25

  /// In the order of the report.
  public let slower: [Line]
  public let faster: [Line]
  public let comparedCount: Int
  /// What makes times incomparable; empty if nothing.
  public let warnings: [String]

  public init(_ report: BenchReport, with old: BenchReport) {
    var lines: [Line] = []
    for now in report.measurements {
      if let before = old.measurement(now.job, now.network, now.route, now.temperature) {
        lines.append(
          Line(
            what: "\(now.job), \(now.network), \(now.route), \(now.temperature.rawValue)",
            before: before.seconds.median, now: now.seconds.median))
      }
    }
    for now in report.conversions {
      if let before = old.conversions.first(where: { $0.program == now.program }) {
        lines.append(
          Line(
            what: "conversion, \(now.program)", before: before.seconds.median,
            now: now.seconds.median))
      }
    }
    comparedCount = lines.count
    slower = lines.filter { $0.ratio > Self.threshold }
    faster = lines.filter { $0.ratio < 1 / Self.threshold }
    var warnings: [String] = []
    if report.title != old.title {
      warnings.append("the configurations differ: “\(old.title)” then, “\(report.title)” now")
    }
    if report.machine.processor != old.machine.processor
      || report.machine.coreCount != old.machine.coreCount
    {
      warnings.append(
        "the machines differ: \(old.machine.processor) with \(old.machine.coreCount) cores then, "
          + "\(report.machine.processor) with \(report.machine.coreCount) now")
    }
    self.warnings = warnings
  }
}

extension BenchComparison: CustomStringConvertible {
  public var description: String {
    var lines = warnings.map { "not comparable: \($0)" }
    for (title, found) in [("slower", slower), ("faster", faster)] {
      for line in found {
        lines.append(
          "\(title): \(line.what): \(Figures.seconds(line.before)) → \(Figures.seconds(line.now)) "
            + "(\(Figures.ratio(line.ratio)))")
      }
    }
    lines.append(
      "\(comparedCount) medians compared: \(slower.count) more than \(Self.threshold) times as long, "
        + "\(faster.count) less than 1/\(Self.threshold)")
    return lines.joined(separator: "\n")
  }
}
