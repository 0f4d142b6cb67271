public import Foundation

/// All that a benchmark found, as its JSON has it; tables and charts follow from it alone.
///
/// `benchmarks/report.schema.json` is the form of the JSON.
public struct BenchReport: Codable, Sendable {
  /// Raised when fields change their meaning.
  public var formatVersion = 1
  public var title: String
  /// When the run began.
  public var date: String
  /// Of the whole run.
  public var minutes: Double
  public var machine: Machine
  public var versions: [String: String]
  public var stacks: [StackFacts]
  public var equality: [EqualityFacts]
  public var measurements: [Measurement]
  public var growth: [GrowthFit]
  public var conversions: [ConversionMeasurement]
  public var costs: CostModel?
  /// What readers must know, in sentences.
  public var notes: [String]

  public struct StackFacts: Codable, Sendable {
    public let name: String
    public let years: Int
    public let daysPerYear: Int
    public let granuleCount: Int
    public let rows: Int
    public let columns: Int
    public let variables: [String]
    public let granuleByteCount: Int
    /// Of the converted variables, by format: bytes and objects.
    public let storeByteCounts: [String: Int]
    public let storeObjectCounts: [String: Int]
    public let referenceByteCount: Int
  }

  /// Routes that gave the same numbers, before anything was reported.
  public struct EqualityFacts: Codable, Sendable {
    public let job: String
    public let network: String
    public let routes: [Route]
    /// Compared, each route with the first, bit for bit; missing ones included.
    public let numberCount: Int
  }

  /// One route of one job over one network.
  public struct Measurement: Codable, Sendable {
    public enum Temperature: String, Codable, Sendable {
      /// Sources opened anew and, for local files, read from the disk.
      case cold
      /// Sources opened before, files in memory.
      case warm
    }

    public let job: String
    public let network: String
    public let isSimulated: Bool
    public let route: Route
    public let temperature: Temperature
    public let seconds: Spread
    public let cpuSeconds: Double
    public let requestCount: Int?
    public let byteCount: Int?
    public let pixelCount: Int
    public let stepCount: Int
  }

  /// Time against length: `seconds = c · lengthᵉ`, by least squares of the logarithms.
  public struct GrowthFit: Codable, Sendable {
    public let title: String
    public let unit: String
    public let route: Route
    public let temperature: Measurement.Temperature
    public let lengths: [Double]
    /// Medians.
    public let seconds: [Double]
    public let exponent: Double
    /// Of a straight line through the same points.
    public let secondsPerUnit: Double
  }

  public struct ConversionMeasurement: Codable, Sendable {
    public let program: String
    public let explanation: String
    public let seconds: Spread
    public let cpuSeconds: Double
    public let peakByteCount: Int
    public let objectCount: Int
    public let byteCount: Int
    /// Of the source's numbers, the same for all.
    public let decodedByteCount: Int
    public let granuleCount: Int
  }

  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self) + [UInt8(ascii: "\n")]
  }

  /// - Throws: ``BenchError/file(path:reason:)``.
  public init(file path: String) throws(BenchError) {
    do {
      self = try JSONDecoder().decode(
        BenchReport.self, from: Data(contentsOf: URL(filePath: path)))
    } catch { throw .file(path: path, reason: "\(error)") }
  }

  init(title: String, machine: Machine, versions: [String: String]) {
    self.title = title
    date = Date.now.formatted(.iso8601)
    minutes = 0
    self.machine = machine
    self.versions = versions
    stacks = []
    equality = []
    measurements = []
    growth = []
    conversions = []
    notes = []
  }

  func measurement(
    _ job: String, _ network: String, _ route: Route, _ temperature: Measurement.Temperature
  ) -> Measurement? {
    measurements.first {
      $0.job == job && $0.network == network && $0.route == route && $0.temperature == temperature
    }
  }
}

/// Several measurements of one thing, in seconds.
public struct Spread: Codable, Hashable, Sendable {
  public let median: Double
  public let p10: Double
  public let p90: Double
  public let count: Int

  /// - Precondition: There is at least one.
  init(_ values: [Double]) {
    precondition(!values.isEmpty, "nothing was measured")
    let sorted = values.sorted()
    /// Between the two nearest ranks.
    func quantile(_ part: Double) -> Double {
      let place = part * Double(sorted.count - 1)
      let low = Int(place)
      let high = min(low + 1, sorted.count - 1)
      return sorted[low] + (sorted[high] - sorted[low]) * (place - Double(low))
    }
    median = quantile(0.5)
    p10 = quantile(0.1)
    p90 = quantile(0.9)
    count = values.count
  }
}

extension BenchReport.GrowthFit {
  /// - Returns: `nil` if fewer than two lengths differ.
  init?(
    title: String, unit: String, route: Route,
    temperature: BenchReport.Measurement.Temperature, points: [(length: Double, seconds: Double)]
  ) {
    guard
      let logarithmic = Self.slope(points.map { (log($0.length), log($0.seconds)) }),
      let straight = Self.slope(points.map { ($0.length, $0.seconds) })
    else { return nil }
    self.init(
      title: title, unit: unit, route: route, temperature: temperature,
      lengths: points.map(\.length), seconds: points.map(\.seconds), exponent: logarithmic,
      secondsPerUnit: straight)
  }

  /// Of the line through points by least squares.
  private static func slope(_ points: [(x: Double, y: Double)]) -> Double? {
    let count = Double(points.count)
    let x = points.reduce(0) { $0 + $1.x } / count
    let y = points.reduce(0) { $0 + $1.y } / count
    let spread = points.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
    guard spread > 0 else { return nil }
    return points.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / spread
  }
}
