public import Storage

/// Why a granule, or a variable of it, could not be read.
public struct GranuleError: Error, Hashable, Sendable {
  /// The path or URL of the granule.
  public let location: String
  /// The variable being read; `nil` if it is the header.
  public let variable: String?
  public let reason: Reason

  public init(location: String, variable: String? = nil, reason: Reason) {
    self.location = location
    self.variable = variable
    self.reason = reason
  }

  public enum Reason: Error, Hashable, Sendable {
    /// The file doesn't begin like NetCDF-3, nor hold an HDF5 superblock.
    case notNetCDF(String)
    /// The file contradicts itself or its size.
    case damaged(String)
    /// The file may be sound, but this can't be read here.
    case unsupported(String)
    /// The process that parsed the granule was ended by this signal.
    case crashed(signal: Int32)
    /// The process that parsed the granule gave no answer in time.
    case timedOut(seconds: Double)
    /// The parser's process could not be started, or broke the protocol.
    case noParser(String)
    /// The granule isn't in the store (any more).
    case absent
    case storage(StoreError)
  }
}

extension GranuleError: CustomStringConvertible {
  public var description: String {
    location + (variable.map { ", variable \($0)" } ?? "") + ": \(reason)"
  }
}

extension GranuleError.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notNetCDF(let found): "not a NetCDF file: \(found)"
    case .damaged(let reason): "damaged: \(reason); get it again from its source, or skip it"
    case .unsupported(let reason): "can't be read: \(reason)"
    case .crashed(let signal):
      "parsing it ended the parser (signal \(signal)); it is likely damaged, leave it out"
    case .timedOut(let seconds):
      "parsing it took longer than \(seconds) s; it is likely damaged, leave it out"
    case .noParser(let reason): "the parser didn't work: \(reason)"
    case .absent: "the file is gone; list the folder or bucket again"
    case .storage(let error): "\(error)"
    }
  }
}
