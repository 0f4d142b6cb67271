import Foundation
public import Storage

/// Where the time of a conversion went.
///
/// The kernels (inflating, unshuffling, holding, gathering with unpacking, encoding) are what the
/// work itself takes. If all cores did nothing else, the run would take ``kernelSeconds`` divided
/// by their number: the limit that a run is held against.
public struct ConversionProfile: Sendable, CustomStringConvertible {
  public struct Stage: Sendable {
    public let name: String
    public let cpuSeconds: Double
    /// Bytes that go in, or come out where that is the decoded form.
    public let byteCount: Int?
  }

  public let stages: [Stage]
  public let decodedByteCount: Int
  public let seconds: Double
  public let cpuSeconds: Double
  public let coreCount: Int

  public init(
    clock: StageClock, progress: ConversionProgress, summary: ConversionSummary, coreCount: Int
  ) {
    decodedByteCount = progress.heldByteCount
    seconds = summary.seconds
    cpuSeconds = summary.cpuSeconds
    self.coreCount = coreCount
    var stages = StageClock.Stage.allCases.map { stage in
      let byteCount =
        switch stage {
        case .inflate, .hold: progress.heldByteCount
        case .unshuffle: nil as Int?
        case .gather, .encode: progress.encodedByteCount
        }
      return Stage(
        name: "\(stage)", cpuSeconds: clock.seconds(stage), byteCount: byteCount)
    }
    let kernels = stages.reduce(0) { $0 + $1.cpuSeconds }
    stages.append(
      Stage(
        name: "rest", cpuSeconds: max(0, summary.cpuSeconds - kernels),
        byteCount: progress.readByteCount + progress.writtenByteCount))
    self.stages = stages
  }

  /// CPU seconds of the kernels.
  public var kernelSeconds: Double { stages.dropLast().reduce(0) { $0 + $1.cpuSeconds } }

  /// Decoded bytes per second with all cores in kernels.
  public var limit: Double {
    Double(decodedByteCount) * Double(coreCount) / max(1e-9, kernelSeconds)
  }

  /// Of ``limit``; 1 cannot be passed.
  public var fractionReached: Double { kernelSeconds / (seconds * Double(coreCount)) }

  /// How much of all cores' time this process had.
  public var busyFraction: Double { cpuSeconds / (seconds * Double(coreCount)) }

  public var description: String {
    var lines = ["stage         CPU s    share   MB/CPU-s"]
    for stage in stages {
      let rate =
        stage.cpuSeconds < 0.005
        ? nil : stage.byteCount.map { Double($0) / stage.cpuSeconds / 1e6 }
      lines.append(
        Self.row(
          stage.name, stage.cpuSeconds, stage.cpuSeconds / max(1e-9, cpuSeconds),
          rate.map { "\(Int($0))" } ?? ""))
    }
    let waited = max(0, seconds * Double(coreCount) - cpuSeconds)
    lines.append(
      "\(decimal(cpuSeconds, digits: 2)) s of CPU in \(decimal(seconds, digits: 2)) s on "
        + "\(coreCount) cores: busy for \(Int(busyFraction * 100)) %, "
        + "\(decimal(waited, digits: 2)) core-seconds waited or were another process's")
    lines.append(
      "kernels alone would reach \(Int(limit / 1e6)) MB/s; this run reached "
        + "\(Int(Double(decodedByteCount) / seconds / 1e6)), "
        + "\(Int(fractionReached * 100)) % of it. “rest”: reading, writing, scanning, waking up; "
        + "“gather” unpacks, too")
    return lines.joined(separator: "\n")
  }

  private static func row(
    _ name: String, _ seconds: Double, _ share: Double, _ rate: String
  ) -> String {
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    return name.padding(toLength: 10, withPad: " ", startingAt: 0)
      + right(decimal(seconds, digits: 2), 9) + right("\(Int(share * 100)) %", 9)
      + right(rate, 11)
  }
}
