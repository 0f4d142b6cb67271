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
  /// What the older one has, and this one doesn't.
  public let missing: [String]
  public let comparedCount: Int
  /// What makes times incomparable; empty if nothing.
  public let warnings: [String]

  public init(_ report: BenchReport, with old: BenchReport) {
    let medians = Dictionary(report.medians) { first, _ in first }
    let before = Dictionary(old.medians) { first, _ in first }
    let lines = report.medians.compactMap { what, now in
      before[what].map { Line(what: what, before: $0, now: now) }
    }
    comparedCount = lines.count
    slower = lines.filter { $0.ratio > Self.threshold }
    faster = lines.filter { $0.ratio < 1 / Self.threshold }
    missing = old.medians.map(\.what).filter { medians[$0] == nil }
    var warnings: [String] = []
    if report.title != old.title {
      warnings.append("the configurations differ: “\(old.title)” then, “\(report.title)” now")
    } else if report.stacks.map(\.shape) != old.stacks.map(\.shape) {
      warnings.append("the stacks of the configurations differ")
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

extension BenchReport {
  /// All that can be compared, in the order of the report.
  fileprivate var medians: [(what: String, seconds: Double)] {
    measurements.map {
      ("\($0.job), \($0.network), \($0.route), \($0.temperature.rawValue)", $0.seconds.median)
    } + conversions.map { ("conversion, \($0.program)", $0.seconds.median) }
  }
}

extension BenchReport.StackFacts {
  fileprivate var shape: String { "\(name) \(years) \(daysPerYear) \(rows) \(columns)" }
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
    lines += missing.map { "no longer measured: \($0)" }
    lines.append(
      "\(comparedCount) medians compared: \(slower.count) more than \(Self.threshold) times as long, "
        + "\(faster.count) less than 1/\(Self.threshold)")
    return lines.joined(separator: "\n")
  }
}
