/// What a conversion tells on its way.
public enum ConversionNotice: Hashable, Sendable, CustomStringConvertible {
  case upToDate(year: Int)
  /// Attributes and coordinates are written again, data aren't.
  case renewing(year: Int, reasons: [String])
  case resuming(year: Int, finished: Int, of: Int)
  /// What is there is replaced.
  case redoing(year: Int, reasons: [String])
  /// A lock of a run that ended without giving it up.
  case lockTaken(year: Int, from: String)
  /// The store ignores conditions on writes, so locks are worth nothing.
  case unguarded(location: String)

  public var description: String {
    switch self {
    case .upToDate(let year): "\(year): up to date"
    case .renewing(let year, let reasons):
      "\(year): only metadata are written again: \(Self.list(reasons))"
    case .resuming(let year, let finished, let count):
      "\(year): going on; \(finished) of \(count) columns are there"
    case .redoing(let year, let reasons):
      "\(year): converting again: \(Self.list(reasons))"
    case .lockTaken(let year, let owner): "\(year): taking over from \(owner)"
    case .unguarded(let location):
      "\(location) ignores conditions on writes: nothing keeps two runs from writing one year"
    }
  }

  static func list(_ reasons: [String], limit: Int = 3) -> String {
    let more = reasons.count > limit ? ["and \(reasons.count - limit) more"] : []
    return (reasons.prefix(limit) + more).joined(separator: "; ")
  }
}
