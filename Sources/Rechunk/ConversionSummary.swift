import Storage

/// What a conversion did, in figures.
public struct ConversionSummary: Sendable, CustomStringConvertible {
  public let years: [YearResult]
  /// Granules that were left out, with the reason.
  public let leftOut: [String]
  public let tileCount: Int
  public let readByteCount: Int
  public let decodedByteCount: Int
  public let writtenByteCount: Int
  public let spilledByteCount: Int
  public let seconds: Double
  /// CPU time of this process and its children.
  public let cpuSeconds: Double
  public let peakMemoryByteCount: Int

  public init(
    result: ConversionResult, progress: ConversionProgress, seconds: Double
  ) {
    years = result.years
    leftOut = result.leftOut.map { "\($0.location): \($0.reason)" }
    tileCount = progress.tileCount
    readByteCount = progress.readByteCount
    decodedByteCount = progress.heldByteCount
    writtenByteCount = progress.writtenByteCount
    spilledByteCount = progress.spilledByteCount
    self.seconds = seconds
    cpuSeconds = CPUTime.seconds()
    peakMemoryByteCount = PeakMemory.byteCount() ?? 0
  }

  public var description: String {
    var lines = years.map { year in
      "zarrs/\(year.year): \(year.steps) steps of \(year.granules) granules, "
        + "\(year.objects) objects, \(ByteCount.text(year.byteCount))"
        + (year.outcome == .upToDate ? ", up to date" : "")
    }
    for year in years {
      for (name, error) in year.repackingErrors.sorted(by: { $0.key < $1.key }) {
        lines.append("zarrs/\(year.year): \(name) repacked, largest error \(error)")
      }
    }
    guard decodedByteCount > 0 else { return lines.joined(separator: "\n") }
    let ratio = Double(decodedByteCount) / Double(max(1, writtenByteCount))
    let rate = Double(decodedByteCount) / max(0.001, seconds) / 1e6
    lines.append(
      "\(ByteCount.text(readByteCount)) read in \(tileCount) tiles, "
        + "\(ByteCount.text(decodedByteCount)) decoded, \(ByteCount.text(writtenByteCount)) written "
        + "(\(decimal(ratio, digits: 1)) to 1)")
    lines.append(
      "\(decimal(seconds, digits: 1)) s, \(Int(rate)) MB/s decoded, "
        + "\(decimal(cpuSeconds, digits: 1)) s of CPU, peak memory "
        + ByteCount.text(peakMemoryByteCount)
        + (spilledByteCount > 0 ? ", \(ByteCount.text(spilledByteCount)) spilled" : ""))
    return lines.joined(separator: "\n")
  }
}
