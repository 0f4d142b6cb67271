internal import CF

/// Why granules can't be combined into one set without changing what they say.
public enum CombineError: Error, Hashable, Sendable {
  /// Packing differs between granules: a combined set has but one.
  case packingDiffers(PackingConflict)
  case noTime(granule: String)
  /// Two granules hold the same moment.
  case sameTime(String, first: String, second: String)
  /// A variable without time isn't the same in all granules.
  case fixedDiffers(variable: String, first: String, second: String)
  /// A granule's steps don't fill whole chunks, so that the next one's chunks would be shifted.
  case partialChunks(variable: String, granule: String, steps: Int, chunkSteps: Int)
  /// More kinds of storage in one period than there are letters.
  case tooManyEras(period: String, count: Int)
}

/// What would happen if granules of different packing were read with that of the first.
public struct PackingConflict: Hashable, Sendable {
  public struct Entry: Hashable, Sendable {
    public let variable: String
    /// The most by which a value would be wrong; `nil` if it would be taken for missing, or the
    /// other way round.
    public let largestError: Double?
    public let units: String?
    /// The granule where that is so.
    public let granule: String
    /// How many different packings there are.
    public let packingCount: Int
  }

  /// What is combined: a month or a year.
  public let period: String
  public let granuleCount: Int
  /// The granule whose packing would hold for all.
  public let first: String
  /// In the order of the granule's variables.
  public let entries: [Entry]
}

extension CombineError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .packingDiffers(let conflict): "\(conflict)"
    case .noTime(let granule):
      "\(granule): no variable whose units say that it is the time; nothing to combine by"
    case .sameTime(let time, let first, let second):
      "\(first) and \(second) both hold \(time); leave one out"
    case .fixedDiffers(let variable, let first, let second):
      "\(variable) isn't the same in \(first) and \(second); they can't share one set"
    case .partialChunks(let variable, let granule, let steps, let chunkSteps):
      "\(granule): \(variable) has \(steps) steps in chunks of \(chunkSteps); only whole chunks "
        + "can be put one after the other"
    case .tooManyEras(let period, let count):
      "\(period): \(count) kinds of storage; more than 26 can't be labelled"
    }
  }
}

extension PackingConflict: CustomStringConvertible {
  public var description: String {
    var lines = [
      "the \(granuleCount) granules of \(period) can't be combined: their packing differs, and a "
        + "combined set has only that of the first (\(first)). Values would be wrong:"
    ]
    for entry in entries {
      let error =
        entry.largestError.map {
          "up to \(Self.short($0))" + (entry.units.flatMap { $0 == "1" ? nil : " \($0)" } ?? "")
        } ?? "missing values would be mistaken"
      let file = entry.granule.split(separator: "/").last ?? ""
      lines.append("  \(entry.variable): \(error) (\(entry.packingCount) packings; in \(file))")
    }
    lines.append(
      "Make one set per granule instead (leave --combine out), which drill reads as one stack, or "
        + "rechunk them with convert.")
    return lines.joined(separator: "\n")
  }

  /// Three significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var scale = 1.0
    while abs(value) * scale < 100 { scale *= 10 }
    while abs(value) * scale >= 1000 { scale /= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}
