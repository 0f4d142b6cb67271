import Foundation
public import Storage

/// Where the time of a conversion went.
///
/// The kernels (inflating, unshuffling, holding, gathering, unpacking, encoding) are what the work
/// itself takes. If all cores did nothing else, the run would take ``kernelSeconds`` divided by
/// their number: the limit that a run is held against.
public struct ConversionProfile: Sendable, CustomStringConvertible {
  public struct Stage: Sendable {
    public let name: String
    /// CPU seconds; for `wait`, those in which a core had nothing to do or worked for others.
    public let seconds: Double
    /// What goes in, or comes out where that is the decoded form; `nil` where bytes say nothing.
    public let byteCount: Int?
  }

  /// They add up to the time of all cores.
  public let stages: [Stage]
  /// CPU seconds of the kernels.
  public let kernelSeconds: Double
  public let decodedByteCount: Int
  public let seconds: Double
  public let cpuSeconds: Double
  public let coreCount: Int

  private static let kernels: Set<StageClock.Stage> = [
    .inflate, .unshuffle, .hold, .gather, .unpack, .encode,
  ]

  public init(
    clock: StageClock, progress: ConversionProgress, summary: ConversionSummary, coreCount: Int
  ) {
    decodedByteCount = progress.heldByteCount
    seconds = summary.seconds
    cpuSeconds = summary.cpuSeconds
    self.coreCount = coreCount
    func taken(_ stage: StageClock.Stage) -> Double {
      // Pieces are unpacked on their way to where they are gathered.
      let within = stage == .gather ? clock.seconds(.unpack) : 0
      return max(0, clock.seconds(stage) - within)
    }
    let timed = StageClock.Stage.allCases.filter { clock.seconds($0) > 0 }
    kernelSeconds = timed.filter(Self.kernels.contains).reduce(0) { $0 + taken($1) }
    let rest = cpuSeconds - timed.reduce(0) { $0 + taken($1) }
    stages =
      timed.map {
        let count = clock.byteCount($0)
        return Stage(name: "\($0)", seconds: taken($0), byteCount: count > 0 ? count : nil)
      } + [
        Stage(name: "other", seconds: max(0, rest), byteCount: nil),
        Stage(
          name: "wait", seconds: max(0, seconds * Double(coreCount) - cpuSeconds), byteCount: nil),
      ]
  }

  /// Decoded bytes per second with all cores in kernels.
  public var limit: Double {
    Double(decodedByteCount) * Double(coreCount) / max(1e-9, kernelSeconds)
  }

  /// Of ``limit``; 1 cannot be passed.
  public var fractionReached: Double { kernelSeconds / (seconds * Double(coreCount)) }

  /// How much of all cores' time this process and its children had.
  public var busyFraction: Double { cpuSeconds / (seconds * Double(coreCount)) }

  public var description: String {
    var lines = [Self.row("stage", "core s", "share", "MB", "MB/core s")]
    for stage in stages {
      let rate = stage.byteCount.map { Double($0) / max(1e-3, stage.seconds) / 1e6 }
      lines.append(
        Self.row(
          stage.name, decimal(stage.seconds, digits: 2),
          "\(decimal(100 * stage.seconds / (seconds * Double(coreCount)), digits: 1)) %",
          stage.byteCount.map { "\($0 / 1_000_000)" } ?? "", rate.map { "\(Int($0))" } ?? ""))
    }
    lines.append(
      "\(decimal(seconds, digits: 2)) s on \(coreCount) cores, which were busy for "
        + "\(Int(busyFraction * 100)) % of it")
    lines.append(
      "kernels (inflate, unshuffle, hold, gather, unpack, encode) alone would reach "
        + "\(Int(limit / 1e6)) MB/s; this run reached "
        + "\(Int(Double(decodedByteCount) / seconds / 1e6)), \(Int(fractionReached * 100)) % of it")
    return lines.joined(separator: "\n")
  }

  private static func row(
    _ name: String, _ seconds: String, _ share: String, _ bytes: String, _ rate: String
  ) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let row =
      name.padding(toLength: 10, withPad: " ", startingAt: 0)
      + right(seconds, 9) + right(share, 9) + right(bytes, 10) + right(rate, 11)
    return String(row.reversed().drop { $0 == " " }.reversed())
  }
}
