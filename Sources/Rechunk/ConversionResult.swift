import ZarrWriter

/// What came of a conversion.
public struct ConversionResult: Sendable {
  public var years: [YearResult]
  /// Granules that were left out, while scanning or later.
  public var leftOut: [Manifest.LeftOut]
}

/// What came of one year.
public struct YearResult: Hashable, Sendable {
  public enum Outcome: Hashable, Sendable {
    case written
    /// Of the data, nothing was written: all was there.
    case renewed, upToDate
  }

  public let year: Int
  public let outcome: Outcome
  public let steps: Int
  public let granules: Int
  public let objects: Int
  /// Bytes of all objects of the store.
  public let byteCount: Int
  /// The largest error of each repacked variable, in its units.
  public let repackingErrors: [String: Double]

  init(_ outcome: Outcome, _ manifest: Manifest) {
    year = manifest.year
    self.outcome = outcome
    steps = manifest.sources.reduce(0) { $0 + $1.times.count }
    granules = manifest.sources.count
    objects = manifest.objects.count
    byteCount = manifest.objects.reduce(0) { $0 + $1.byteCount }
    repackingErrors = manifest.variables.compactMapValues(\.largestError)
  }
}
