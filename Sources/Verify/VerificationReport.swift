import Foundation

/// What a verification looked at, and what it found.
public struct VerificationReport: Sendable, Codable {
  public var years: [YearReport] = []

  public init() {}

  public var findings: [Finding] { years.flatMap(\.findings) }

  /// The gravest of what was found; `nil` if all is well. What couldn't be read is graver than
  /// what is missing, since nobody knows what is behind it.
  public var gravest: Finding.Status? {
    let found = Set(findings.map(\.status))
    return [.unreadable, .missing, .differs, .unexpected].first(where: found.contains)
  }

  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

/// What was looked at of one year.
public struct YearReport: Sendable, Codable {
  /// How much of a variable has a value at one step, in what was compared.
  public struct Validity: Sendable, Codable, Hashable {
    public let variable: String
    public let time: String
    /// Values compared, and how many of them are no "no value" in the store and in the source.
    public let compared: Int
    public let inStore: Int
    public let inSource: Int
  }

  public let year: Int
  public internal(set) var objects = 0
  public internal(set) var byteCount = 0
  /// Objects whose checksums were computed.
  public internal(set) var checksums = 0
  public internal(set) var sources = 0
  /// A window is one chunk's place in space at one step.
  public internal(set) var windows = 0
  public internal(set) var comparedValues = 0
  public internal(set) var validity: [Validity] = []
  public internal(set) var findings: [Finding] = []
  /// What was found before a repair; `nil` if there was none.
  public var findingsBeforeRepair: [Finding]?
  /// Objects of the store that should be made again, relative to it.
  public internal(set) var damagedKeys: [String] = []

  init(year: Int) { self.year = year }

  /// What of the findings is in the store; the rest is about granules and manifest.
  var findingsInStore: [Finding] { findings.filter { $0.place.hasPrefix("zarrs/\(year)") } }

  public var canBeRepaired: Bool { !findingsInStore.isEmpty }
}
