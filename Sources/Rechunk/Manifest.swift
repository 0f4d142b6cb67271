public import CF
import Foundation
import NetCDF
import Storage
import Zarr
public import ZarrWriter

/// What a store was made of and what it must hold; written beside the stores.
///
/// Tells readers which objects should be there, and later runs what has changed.
public struct Manifest: Codable, Sendable {
  public struct Source: Codable, Sendable {
    public let location: String
    public let byteCount: Int
    public let etag: String?
    public let modifiedSeconds: Double?
    public let times: [String]
    /// Variables of the store that this granule doesn't have.
    public let absentVariables: [String]
    public let packing: [String: Packing]
  }

  public struct Variable: Codable, Sendable {
    public let treatment: String
    public let largestError: Double?
  }

  public let tool: String
  public let year: Int
  public let format: Int
  public let variables: [String: Variable]
  public let sources: [Source]
  public let objects: [ObjectRecord]

  init(stack: Stack, year: YearPlan, objects: [ObjectRecord], errors: [String: Double]) {
    tool = "pixeldrill \(version)"
    self.year = year.year
    format = year.format.rawValue
    variables = Dictionary(
      uniqueKeysWithValues: year.arrays.map { array in
        let name = array.spec.path
        return (
          name, Variable(treatment: array.variable.treatment.name, largestError: errors[name])
        )
      })
    let names = year.arrays.map(\.spec.path)
    let times = Dictionary(grouping: year.steps, by: \.member)
    sources = times.keys.sorted().map { index in
      let member = stack.members[index]
      var packing: [String: Packing] = [:]
      for name in names { packing[name] = member.variable(name)?.packing }
      return Source(
        location: member.source.location, byteCount: member.source.info.byteCount,
        etag: member.source.info.etag, modifiedSeconds: member.source.info.modifiedSeconds,
        times: (times[index] ?? []).map(\.instant.description),
        absentVariables: names.filter { packing[$0] == nil }, packing: packing)
    }
    self.objects = objects
  }

  /// The same bytes for the same content.
  func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return Array(try encoder.encode(self))
  }
}

extension Treatment {
  public var name: String {
    switch self {
    case .keep: "kept"
    case .refill: "kept, one fill value for all"
    case .unpack: "unpacked"
    case .repack: "repacked"
    }
  }
}

/// The version of the tool, in manifests and `--version`.
public let version = "0.1.0"
