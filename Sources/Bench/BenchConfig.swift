internal import Yams

/// What a benchmark runs: stacks to make, jobs to read from them, networks to read them through.
/// `benchmarks/full.yaml` explains each field.
public struct BenchConfig: Codable, Hashable, Sendable {
  public struct Stack: Codable, Hashable, Sendable {
    public let name: String
    public let firstYear: Int
    public let years: Int
    /// Of each year, from its first day on.
    public let days: Int
    public let rows: Int
    public let columns: Int
    /// Rows and columns of all chunks, as `1500x2000`; `nil`: the sample's own two layouts.
    public let tile: String?
    /// Of the granules; `nil`: all that the archive has.
    public let variables: [String]?
    /// Those that the stores hold.
    public let converted: [String]
    /// Whether the references can be combined: only where packing is the same in all granules.
    public let combines: Bool?
  }

  public struct Job: Codable, Hashable, Sendable {
    public let name: String
    public let stack: String
    public let variable: String
    /// So many pixels, drawn among those that have values.
    public let points: Int?
    /// A box of so many rows and columns around such a pixel.
    public let box: Int?
    /// The first so many years of the stack; `nil`: one.
    public let years: Int?
    /// The first so many days of it; `nil`: all.
    public let days: Int?
    /// Routes that aren't run, because they would take longer than the rest together.
    public let without: [Route]?
  }

  /// One pixel over more and more days or years.
  public struct Growth: Codable, Hashable, Sendable {
    public enum Unit: String, Codable, Sendable { case days, years }
    public let over: Unit
    public let stack: String
    public let variable: String
    public let values: [Int]
    public let without: [Route]?
  }

  /// Every latency with every bandwidth.
  public struct Simulation: Codable, Hashable, Sendable {
    public let latencyMilliseconds: [Double]
    /// Of each connection.
    public let megabytesPerSecond: [Double]
    /// Names of jobs.
    public let jobs: [String]
    public let without: [Route]?
  }

  /// The same granules converted by pixeldrill and by Python.
  public struct Conversion: Codable, Hashable, Sendable {
    public let stack: String
    /// The first so many days.
    public let days: Int
    public let variables: [String]
    public let repeats: Int
  }

  public let title: String
  public let stacks: [Stack]
  public let jobs: [Job]
  public let growth: [Growth]
  public let simulated: Simulation
  /// Names of jobs that are also read from a bucket, if there is one.
  public let bucket: [String]
  public let conversion: Conversion
  /// How often everything is measured, cold and then warm.
  public let rounds: Int
  /// After so many seconds a route of a job has no further round.
  public let secondsPerRoute: Double

  /// - Throws: ``BenchError/config(_:)`` with what is wrong.
  public init(yaml: String) throws(BenchError) {
    do { self = try YAMLDecoder().decode(BenchConfig.self, from: yaml) } catch {
      throw .unreadable(error)
    }
    let known = Set(stacks.map(\.name))
    let named = jobs.map(\.stack) + growth.map(\.stack) + [conversion.stack]
    if let stack = named.first(where: { !known.contains($0) }) {
      throw .config("there is no stack “\(stack)”; there are \(known.sorted())")
    }
    let jobNames = Set(jobs.map(\.name))
    if let job = (simulated.jobs + bucket).first(where: { !jobNames.contains($0) }) {
      throw .config("there is no job “\(job)”; there are \(jobNames.sorted())")
    }
    if let job = jobs.first(where: { ($0.points == nil) == ($0.box == nil) }) {
      throw .config("job “\(job.name)” has either “points” or “box”")
    }
    // A combined set can't be restricted to some years.
    if let stack = stacks.first(where: { $0.combines == true && $0.years > 1 }) {
      throw .config("stack “\(stack.name)” combines references, so its “years” is 1")
    }
    guard rounds >= 1, conversion.repeats >= 1 else { throw .config("“rounds” is at least 1") }
  }
}
