public import NetCDF
public import Storage
import Synchronization

/// Compares stores with the granules they were made of.
///
/// What granules hold comes from libnetcdf, in a process of its own, and the rule by which stored
/// numbers become values is written here once more: nothing of the code that made the stores is
/// asked, except for reading Zarr.
public struct Verification: Sendable {
  /// Opens the store that a location lies in.
  public typealias Opener =
    @Sendable (Location) throws -> (store: any ByteStore, key: StoreKey?)

  private let root: any ByteStore
  private let options: VerificationOptions
  private let context: Context
  public let progress = VerificationProgress()

  /// What all parts of a verification use.
  struct Context: Sendable {
    let parser: GranuleParser
    let open: Opener
    /// How many granules or objects are worked on at once.
    let width: Int
  }

  /// - Parameter root: Holds `zarrs/<year>` and `manifests/<year>.json`.
  public init(
    root: any ByteStore, options: VerificationOptions, parser: GranuleParser, width: Int,
    open: @escaping Opener
  ) {
    precondition(width >= 1, "nothing would run")
    self.root = root
    self.options = options
    context = Context(parser: parser, open: open, width: width)
  }

  /// - Throws: ``VerificationError`` or a store's error if it isn't clear what to verify; all
  ///   else is a finding.
  public func run() async throws -> VerificationReport {
    let years = try await years()
    var report = VerificationReport()
    for (position, year) in years.enumerated() {
      progress.begin(year: year, position: position, of: years.count)
      report.years.append(
        try await YearVerification(
          year: year, root: root, options: options, context: context, progress: progress
        ).run())
    }
    return report
  }

  /// The years that have a store or a manifest.
  private func years() async throws -> [Int] {
    var years: Set<Int> = []
    for prefix in try await root.list(StoreKey(literal: "zarrs"), recursive: false).prefixes {
      if let year = Int(prefix.name) { years.insert(year) }
    }
    for object in try await root.list(StoreKey(literal: "manifests"), recursive: false).objects {
      let name = object.key.name
      if name.hasSuffix(".json"), let year = Int(name.dropLast(5)) { years.insert(year) }
    }
    if let wanted = options.years { years = years.filter(wanted.contains) }
    guard !years.isEmpty else {
      throw VerificationError.nothing(location: root.location, years: options.years)
    }
    return years.sorted()
  }
}

/// How much is verified.
public struct VerificationOptions: Sendable {
  public enum Amount: Hashable, Sendable {
    /// So many windows of each year, chosen at random. A window is one chunk's place in space at
    /// one step.
    case windows(Int)
    /// 0...100.
    case percent(Double)
    case all
  }

  public var years: ClosedRange<Int>?
  public var amount = Amount.windows(1000)
  /// Reads all objects to compute their checksums; those of metadata always are.
  public var readsObjects = true
  /// The same seed chooses the same windows.
  public var seed: UInt64

  public init(seed: UInt64) { self.seed = seed }
}

public enum VerificationError: Error, Hashable, Sendable, CustomStringConvertible {
  case nothing(location: String, years: ClosedRange<Int>?)

  public var description: String {
    switch self {
    case .nothing(let location, let years):
      "\(location): no store"
        + (years.map { " of \($0.lowerBound)..\($0.upperBound)" } ?? "")
        + ": neither zarrs/<year> nor manifests/<year>.json"
    }
  }
}

/// How far a verification is; read from any thread.
public final class VerificationProgress: Sendable {
  private struct State {
    var year = 0
    var position = 0
    var yearCount = 1
    var phase = ""
    var done = 0
    var total = 1
  }

  private let state = Mutex(State())

  init() {}

  /// 0...1, for reading objects and comparing values count half of a year each.
  public var fraction: Double {
    state.withLock { state in
      let share = Double(min(state.done, state.total)) / Double(max(1, state.total))
      let half = state.phase == Self.comparing ? 0.5 + share / 2 : share / 2
      return (Double(state.position) + half) / Double(max(1, state.yearCount))
    }
  }

  public var text: String { state.withLock { "\($0.year), \($0.phase)" } }

  static let reading = "reading objects"
  static let comparing = "comparing values"

  func begin(year: Int, position: Int, of count: Int) {
    state.withLock {
      $0 = State(year: year, position: position, yearCount: count, phase: Self.reading)
    }
  }

  func begin(_ phase: String, total: Int) {
    state.withLock { ($0.phase, $0.done, $0.total) = (phase, 0, total) }
  }

  func add(_ count: Int) { state.withLock { $0.done += count } }
}
