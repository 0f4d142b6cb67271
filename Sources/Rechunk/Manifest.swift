public import CF
import Foundation
import NetCDF
public import Storage
import Zarr
public import ZarrWriter

/// What a store was made of and what it must hold; written beside the stores.
///
/// Tells readers which objects should be there, and later runs what has changed.
public struct Manifest: Codable, Sendable {
  public struct Source: Codable, Hashable, Sendable {
    public let location: String
    public let byteCount: Int
    public let etag: String?
    public let modifiedSeconds: Double?
    public let times: [String]
    /// Variables of the store that this granule doesn't have.
    public let absentVariables: [String]
    public let packing: [String: Packing]

    init(_ member: StackMember, steps: [StackStep], variables: [String]) {
      var packing: [String: Packing] = [:]
      for name in variables { packing[name] = member.variable(name)?.packing }
      let info = member.source.info
      location = member.source.location
      byteCount = info.byteCount
      etag = info.etag
      modifiedSeconds = info.modifiedSeconds
      times = steps.map(\.instant.description)
      absentVariables = variables.filter { packing[$0] == nil }
      self.packing = packing
    }
  }

  /// A granule that was to be left out, and was.
  public struct LeftOut: Codable, Hashable, Sendable {
    public let location: String
    public let reason: String
    /// Of a granule whose header was fine, and whose data were found damaged.
    public let info: ObjectInfo?
  }

  public let year: Int
  public let format: Int
  public let variables: [String: Variable]
  public let request: StackRequest
  public let inputs: YearInputs
  public let objects: [ObjectRecord]

  public var sources: [Source] { inputs.sources }

  init(
    year: Int, format: Int, variables: [String: Variable], request: StackRequest,
    inputs: YearInputs, objects: [ObjectRecord]
  ) {
    self.year = year
    self.format = format
    self.variables = variables
    self.request = request
    self.inputs = inputs
    self.objects = objects
  }

  /// `ROOT/manifests/<year>.json`.
  public static func key(_ year: Int) -> StoreKey { folder.appending("\(year).json") }

  static let folder = StoreKey(literal: "manifests")

  /// The manifest of a year's store.
  ///
  /// - Returns: `nil` if there is none.
  /// - Throws: ``ManifestError`` if it is none that this version can read.
  public static func read(_ year: Int, in root: any ByteStore) async throws -> Manifest? {
    guard let bytes = try await root.read(key(year)) else { return nil }
    do {
      return try JSONDecoder.manifest.decode(Manifest.self, from: Data(bytes))
    } catch {
      throw ManifestError(location: "\(root.location)/\(key(year))")
    }
  }

  /// The same bytes for the same content.
  func json() throws -> [UInt8] { try JSONEncoder.manifest.bytes(of: self) }

  private enum CodingKeys: String, CodingKey { case year, format, variables, request, objects }

  /// The fields of the inputs lie beside the others.
  public func encode(to encoder: any Encoder) throws {
    try inputs.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(year, forKey: .year)
    try container.encode(format, forKey: .format)
    try container.encode(variables, forKey: .variables)
    try container.encode(request, forKey: .request)
    try container.encode(objects, forKey: .objects)
  }

  public init(from decoder: any Decoder) throws {
    inputs = try YearInputs(from: decoder)
    let container = try decoder.container(keyedBy: CodingKeys.self)
    year = try container.decode(Int.self, forKey: .year)
    format = try container.decode(Int.self, forKey: .format)
    variables = try container.decode([String: Variable].self, forKey: .variables)
    request = try container.decode(StackRequest.self, forKey: .request)
    objects = try container.decode([ObjectRecord].self, forKey: .objects)
  }
}

/// A manifest is cut off, or another version's.
public struct ManifestError: Error, Hashable, Sendable, CustomStringConvertible {
  public let location: String
  public var description: String {
    "\(location) is no manifest that pixeldrill \(version) can read; make the store anew with "
      + "--fresh"
  }
}

extension JSONEncoder {
  /// The same bytes for the same content.
  static var manifest: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }

  func bytes(of value: some Encodable) throws -> [UInt8] { Array(try encode(value)) }
}

extension JSONDecoder {
  static var manifest: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return decoder
  }
}

/// The version of the tool, in manifests and `--version`.
public let version = "0.1.0"
