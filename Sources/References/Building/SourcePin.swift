internal import Foundation
internal import NetCDF
public import Storage

/// A source as it was when references to it were made.
public struct SourcePin: Hashable, Sendable, Codable {
  /// As references name it.
  public let url: String
  public let byteCount: Int
  /// `nil` where the store has none.
  public let etag: String?
  /// Seconds since 1970, UTC.
  public let modifiedSeconds: Double?

  init(url: String, _ info: ObjectInfo) {
    self.url = url
    byteCount = info.byteCount
    etag = info.etag
    modifiedSeconds = info.modifiedSeconds
  }

  /// Whether the source is what it was: its size, and its ETag or else its time of modification.
  public func matches(_ info: ObjectInfo) -> Bool {
    guard byteCount == info.byteCount else { return false }
    if let etag, let other = info.etag { return etag == other }
    return modifiedSeconds == info.modifiedSeconds
  }

  /// For people.
  var state: String {
    let mark = etag.map { "ETag \($0)" } ?? modifiedSeconds.map { "time \($0)" } ?? "no mark"
    return "\(byteCount) bytes, \(mark)"
  }
}

/// What is kept beside a set, at `pins/<set>.pin`: its sources as they were. Readers that look for
/// JSON files don't take it for a set.
struct PinFile: Codable, Sendable {
  /// Grows when sets made from the same granule become different.
  static let currentEdition = 1

  var edition = PinFile.currentEdition
  let inlineLimit: Int
  /// Bytes of the set.
  let byteCount: Int
  let sources: [SourcePin]
  /// What couldn't be referenced, per source.
  let leftOut: [String]

  static func key(ofSet set: StoreKey) -> StoreKey {
    let name = "pins/\(set.name).pin"
    return set.parent.map { $0.appending(name) } ?? StoreKey(literal: name)
  }

  /// `nil` if the bytes aren't those of a pin.
  init?(_ bytes: [UInt8]) {
    do { self = try JSONDecoder().decode(PinFile.self, from: Data(bytes)) } catch { return nil }
  }

  init(inlineLimit: Int, byteCount: Int, sources: [SourcePin], leftOut: [String]) {
    self.inlineLimit = inlineLimit
    self.byteCount = byteCount
    self.sources = sources
    self.leftOut = leftOut
  }

  var bytes: [UInt8] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }
  }
}

extension PinFile {
  /// The pin of a set that was made from these sources, all as they are now; else `nil`.
  static func read(
    _ set: StoreKey, byteCount: Int, sources: [SourcePin], inlineLimit: Int,
    in root: any ByteStore
  ) async throws(ReferenceError) -> PinFile? {
    do throws(StoreError) {
      guard let bytes = try await root.read(key(ofSet: set)), let file = PinFile(bytes),
        file.edition == currentEdition, file.inlineLimit == inlineLimit,
        file.byteCount == byteCount, file.sources == sources
      else { return nil }
      return file
    } catch { throw .storage(error) }
  }

  /// Writes a set, then the pin: a pin is never there for a set that isn't.
  func write(
    with set: [UInt8], _ key: StoreKey, in root: any ByteStore
  ) async throws(ReferenceError) {
    do {
      try await root.write(set, to: key)
      try await root.write(try bytes, to: Self.key(ofSet: key))
    } catch let error as StoreError {
      throw .storage(error)
    } catch {
      throw .storage(.unsupported(location: root.location, reason: "\(error)"))
    }
  }
}

extension GranuleSource {
  /// How references name this granule: an absolute path, or a URL.
  var referenceURL: String {
    let location = location
    guard !location.contains("://"), !location.hasPrefix("/") else { return location }
    let path = location.hasPrefix("./") ? String(location.dropFirst(2)) : location
    return FileManager.default.currentDirectoryPath + "/" + path
  }
}
