internal import Storage

/// Finds the reference sets that inputs name: files, zip files, folders, prefixes.
public struct ReferenceFinder: Sendable {
  private let open: ReferenceTargets.Opener

  public init(open: @escaping ReferenceTargets.Opener) { self.open = open }

  private static let endings = [".json", ".json.gz", ".json.zst", ".json.zstd"]

  /// The sets of one input, in the order of their names.
  ///
  /// A folder's sets are the JSON files directly in it; those of a zip file all JSON files in it,
  /// or those that match a path after `::`, as in `refs.zip::imos-data/IMOS`.
  ///
  /// - Throws: ``ReferenceError/absent(location:)`` if there are none.
  public func sets(_ input: String) async throws(ReferenceError) -> [ReferenceSource] {
    let parts = input.firstRange(of: "::").map {
      (file: String(input[..<$0.lowerBound]), below: String(input[$0.upperBound...]))
    }
    let (store, key) = try find(parts?.file ?? input)
    if let key, try await info(key, store) != nil {
      guard key.name.lowercased().hasSuffix(".zip") else {
        return [ReferenceSource(store: store, key: key)]
      }
      let all = try await ZipDirectory.members(of: key, in: store)
      let pins = Dictionary(
        all.filter { $0.name.hasSuffix(".pin") }.map { ($0.name, $0) }
      ) { _, last in last }
      let members = all.filter { member in
        Self.isSet(member.name)
          && (parts.map { member.name == $0.below || member.name.hasPrefix("\($0.below)/") } ?? true)
      }
      guard !members.isEmpty else { throw .absent(location: input) }
      return members.sorted { $0.name < $1.name }.map { member in
        let folder = member.name.dropLast(member.fileName.count)
        return ReferenceSource(
          store: store, key: key, member: member,
          pinMember: pins["\(folder)pins/\(member.fileName).pin"])
      }
    }
    let listing: Listing
    do { listing = try await store.list(key, recursive: false) } catch { throw .storage(error) }
    let sets = listing.objects.filter { Self.isSet($0.key.name) }
    guard !sets.isEmpty else { throw .absent(location: input) }
    return sets.map { ReferenceSource(store: store, key: $0.key) }
  }

  private static func isSet(_ name: String) -> Bool {
    endings.contains { name.lowercased().hasSuffix($0) }
  }

  private func find(_ text: String) throws(ReferenceError) -> (any ByteStore, StoreKey?) {
    do { return try open(try Location(text)) } catch let error as StoreError {
      throw .storage(error)
    } catch {
      throw .storage(.unsupported(location: text, reason: "\(error)"))
    }
  }

  private func info(
    _ key: StoreKey, _ store: any ByteStore
  ) async throws(ReferenceError) -> ObjectInfo? {
    do { return try await store.info(key) } catch { throw .storage(error) }
  }
}
