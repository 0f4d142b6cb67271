internal import NetCDF
public import Storage

/// Puts the sets below a root into one zip file, named as intake-aodn's catalogs expect them.
public struct ReferenceBundle: Sendable {
  private let root: any ByteStore

  public init(root: any ByteStore) { self.root = root }

  /// Writes the zip file; an existing one is replaced once the new one is whole.
  public func write(
    _ sets: [WrittenSet], to store: any ByteStore, _ key: StoreKey
  ) async throws(ReferenceError) {
    let writer = try await ZipWriter(store: store, key: key)
    do throws(ReferenceError) {
      let folder = Self.folder(of: sets.flatMap { $0.sources.map(\.location) })
      for set in sets {
        for key in [set.key, PinFile.key(ofSet: set.key)] {
          let bytes: [UInt8]?
          do { bytes = try await root.read(key) } catch { throw .storage(error) }
          guard let bytes else { throw .absent(location: "\(root.location)/\(key)") }
          let name = key.relative(to: ReferenceRun.folder) ?? key
          try await writer.add(folder + name.text, bytes)
        }
      }
      try await writer.finish()
    } catch {
      await writer.cancel()
      throw error
    }
  }

  /// The folder of the archive's sets: the bucket and what granules' keys have in common, without
  /// folders that are years, months or days; nothing for local granules, whose folders mean
  /// nothing elsewhere.
  ///
  /// - Returns: Empty, or with a `/` at the end.
  static func folder(of locations: [String]) -> String {
    var common: [Substring]?
    for location in locations {
      guard location.hasPrefix("s3://") else { return "" }
      let folders = Array(location.dropFirst(5).split(separator: "/").dropLast())
      common =
        common.map { known in
          Array(zip(known, folders).prefix { $0 == $1 }.map(\.0))
        } ?? folders
    }
    var folders = common ?? []
    while let last = folders.last, folders.count > 1, last.allSatisfy({ $0.isASCII && $0.isNumber })
    {
      folders.removeLast()
    }
    return folders.isEmpty ? "" : folders.joined(separator: "/") + "/"
  }
}
