public import NetCDF
internal import References
public import Storage
internal import Zarr

/// Finds what people name as the source of a series, and opens it.
public struct SourceFinder: Sendable {
  /// Opens the store that a location lies in; the key is `nil` for the whole store.
  public typealias Opener =
    @Sendable (Location) throws(StoreError) -> (store: any ByteStore, key: StoreKey?)

  private let open: Opener
  private let parser: GranuleParser

  /// - Parameter parser: For granules.
  public init(open: @escaping Opener, parser: GranuleParser) {
    self.open = open
    self.parser = parser
  }

  /// Opens several sources as one archive.
  ///
  /// - Parameters:
  ///   - texts: `ROOT` (its `zarrs`, or else its `refs`), `ROOT/zarrs` (all years),
  ///     `ROOT/zarrs/2020`, `ROOT/zarrs/{2010..2012}`, `ROOT/refs`, a file or zip of references, or
  ///     granules: files, folders, patterns.
  ///   - variables: Those that will be asked for; `nil` for all. It saves memory and time.
  ///   - pinned: Demand that the files that references lead to are what they were when the
  ///     references were made.
  /// - Throws: ``DrillError``.
  public func archive(
    _ texts: [String], variables: Set<String>? = nil, pinned: Bool = false
  ) async throws(DrillError) -> Archive {
    guard !texts.isEmpty else { throw .noSource }
    var expanded: [String] = []
    for text in texts { expanded += try BraceRange.expand(text) }
    let opening = Opening(
      open: open, parser: parser, wanted: variables, grids: GridPool(),
      targets: ReferenceTargets(open: open), pinned: pinned)
    let found = try await concurrently(expanded, width: DrillRequest.width) {
      text throws(DrillError) in try await opening.sources(text)
    }
    return try Archive(found.flatMap(\.self))
  }
}

/// One call of ``SourceFinder/archive(_:variables:pinned:)``.
private struct Opening: Sendable {
  let open: SourceFinder.Opener
  let parser: GranuleParser
  let wanted: Set<String>?
  let grids: GridPool
  let targets: ReferenceTargets
  let pinned: Bool

  func sources(_ text: String) async throws(DrillError) -> [any TimeSeriesSource] {
    let location: Location
    do { location = try Location(text) } catch {
      throw .badText(what: "source", text: error.text, reason: error.reason)
    }
    // Wildcards are for granules; so is what follows “::” for references.
    if text.contains("::") { return try await references(text) }
    if text.contains(where: { "*?[".contains($0) }), !text.contains("://http") {
      return try await granules(text)
    }
    let (store, key): (any ByteStore, StoreKey?)
    do { (store, key) = try open(location) } catch { throw .store(error) }
    if case .path(let path) = location {
      return key == nil ? try await sources(at: .folder(path)) : try await file(text)
    }
    let place = SourcePlace.remote(store, key, location: text.withoutSlash)
    if place.looksLikeFile { return try await file(text) }
    return try await sources(at: place)
  }

  private func sources(at place: SourcePlace) async throws(DrillError) -> [any TimeSeriesSource] {
    // A folder of stores by its agreed name: no use in asking it for metadata.
    if place.name != "zarrs", place.name != "refs", let store = try await zarr(at: place) {
      return [store]
    }
    let listing: Listing
    do throws(StoreError) {
      listing = try await place.store.list(place.prefix, recursive: false)
    } catch { throw .store(error) }
    let folders = listing.prefixes.map(\.name)
    for name in ["zarrs", "refs"] where folders.contains(name) && place.name != "zarrs" {
      return try await sources(at: place.below(name))
    }
    let years = folders.filter { $0.prefix(while: \.isNumber).count == 4 }
    if place.name == "zarrs" || listing.objects.isEmpty, !years.isEmpty {
      let stores = try await concurrently(years.map(place.below), width: DrillRequest.width) {
        year throws(DrillError) in try await zarr(at: year)
      }
      if let missing = zip(years, stores).first(where: { $0.1 == nil })?.0 {
        // Folders by year may hold granules just as well.
        if place.name == "zarrs" || stores.contains(where: { $0 != nil }) {
          throw .unfinished(location: place.below(missing).location)
        }
      } else {
        return stores.compactMap(\.self)
      }
    }
    if listing.objects.contains(where: { $0.key.name.contains(".json") }) {
      return try await references(place.location)
    }
    if listing.holdsChunks { throw .unfinished(location: place.location) }
    return try await granules(place.location)
  }

  /// - Returns: `nil` if there is no group.
  private func zarr(at place: SourcePlace) async throws(DrillError) -> (any TimeSeriesSource)? {
    let manifest = place.manifest
    let store = manifest.map { ListedStore(store: place.root, manifest: $0) } ?? place.root
    do throws(DrillError) {
      return try await ZarrSeries.open(store, location: place.location, ledger: manifest)
    } catch {
      if case .zarr(_, .notFound(path: "", location: _)) = error { return nil }
      throw error
    }
  }

  private func file(_ text: String) async throws(DrillError) -> [any TimeSeriesSource] {
    let name = text.lowercased()
    let isReference = [".json", ".zip", ".json.gz", ".json.zst", ".json.zstd"]
      .contains(where: name.hasSuffix)
    return isReference ? try await references(text) : try await granules(text)
  }

  private func references(_ text: String) async throws(DrillError) -> [any TimeSeriesSource] {
    let sets: [ReferenceSource]
    do { sets = try await ReferenceFinder(open: open).sets(text) } catch {
      throw .references(error)
    }
    return try await concurrently(sets, width: DrillRequest.width) { set throws(DrillError) in
      try await ZarrSeries.open(set, wanted: wanted, targets: targets, pinned: pinned)
    }
  }

  private func granules(_ text: String) async throws(DrillError) -> [any TimeSeriesSource] {
    let found: [GranuleSource]
    do { found = try await GranuleFinder(open: { try open($0) }).granules([text]) } catch let error
      as StoreError
    {
      throw .store(error)
    } catch { throw .notASource(location: text, reason: "\(error)") }
    return try await concurrently(found, width: DrillRequest.width) { granule throws(DrillError) in
      try await GranuleSeries.open(granule, parser: parser, wanted: wanted, grids: grids)
    }
  }
}

extension SourcePlace {
  /// Whether the name is that of a file that holds a source.
  fileprivate var looksLikeFile: Bool {
    [
      ".json", ".zip", ".gz", ".zst", ".zstd", ".nc", ".nc4", ".cdf", ".h5", ".hdf5", ".he5",
    ].contains(where: name.lowercased().hasSuffix)
  }
}

extension String {
  fileprivate var withoutSlash: String { hasSuffix("/") ? String(dropLast()) : self }
}

extension Listing {
  /// Whether this looks like a store without its metadata.
  fileprivate var holdsChunks: Bool {
    !prefixes.isEmpty && objects.allSatisfy { $0.key.name.hasPrefix(".z") }
  }
}
