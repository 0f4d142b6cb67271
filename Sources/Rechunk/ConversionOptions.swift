import CF
public import Zarr

/// What a conversion was asked to do; from the command line, a pipeline, or both.
public struct ConversionOptions: Sendable {
  public enum Codec: Hashable, Sendable {
    /// Chosen for each variable on a sample of its data.
    case automatic
    case fixed(Compressor)
  }

  public enum Duplicates: String, Hashable, Sendable, CaseIterable {
    case refuse
    /// Of two steps at one time, the file that is first or last by name.
    case first, last
  }

  /// The variables to convert; `nil`: all.
  public var variables: [String]?
  public var policies: [String: VariablePolicy] = [:]
  public var years: ClosedRange<Int>?
  public var format: ZarrFormat = .v3
  /// Chunk extents of the last dimensions; `nil`: advised.
  public var chunk: [Int]?
  /// Shard extents of the last dimensions; `nil`: advised.
  public var shard: [Int]?
  public var codec: Codec = .automatic
  public var duplicates: Duplicates = .refuse
  /// Bytes that the run may hold at any moment.
  public var memoryByteCount = 2 << 30
  public var threads: Int
  /// Leaves unusable granules out.
  public var skipsBad = false
  /// Starts over, and replaces stores that are there.
  public var replaces = false
  /// Takes a year's lock from a run that may still live.
  public var breaksLock = false

  public init(threads: Int) { self.threads = threads }
}
