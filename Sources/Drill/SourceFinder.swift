public import Storage
internal import Zarr

/// Finds what people name as the source of a series, and opens it.
public struct SourceFinder: Sendable {
  /// Opens what isn't a path: a bucket or web server, and the key that the location names there.
  public typealias Open =
    @Sendable (Location) throws(StoreError) -> (store: any ByteStore, key: StoreKey?)

  private let open: Open

  public init(open: @escaping Open) { self.open = open }

  /// Opens several sources as one archive.
  ///
  /// - Parameter texts: `ROOT`, `ROOT/zarrs` (all years), `ROOT/zarrs/2020`,
  ///   `ROOT/zarrs/{2010..2012}`.
  /// - Throws: ``DrillError``.
  public func archive(_ texts: [String]) async throws(DrillError) -> Archive {
    guard !texts.isEmpty else { throw .noSource }
    var places: [SourcePlace] = []
    for text in texts {
      for text in try BraceRange.expand(text) { places.append(try place(text)) }
    }
    let found = try await concurrently(places, width: DrillRequest.width) {
      place throws(DrillError) in try await self.sources(at: place)
    }
    return try Archive(found.flatMap(\.self))
  }

  private func place(_ text: String) throws(DrillError) -> SourcePlace {
    let location: Location
    do { location = try Location(text) } catch {
      throw .badText(what: "source", text: error.text, reason: error.reason)
    }
    if case .path(let path) = location { return .folder(path) }
    do throws(StoreError) {
      let (store, key) = try open(location)
      return SourcePlace(store: store, prefix: key, location: "\(location)")
    } catch { throw .store(error) }
  }

  private func sources(at place: SourcePlace) async throws(DrillError) -> [any TimeSeriesSource] {
    // A folder of stores by its agreed name: no use in asking it for metadata.
    if place.name != "zarrs", let store = try await zarr(at: place) { return [store] }
    let listing: Listing
    do throws(StoreError) {
      listing = try await place.store.list(place.prefix, recursive: false)
    } catch { throw .store(error) }
    let folders = listing.prefixes.map(\.name)
    if folders.contains("zarrs"), place.name != "zarrs" {
      return try await sources(at: place.below("zarrs"))
    }
    let years = folders.filter { $0.prefix(while: \.isNumber).count == 4 }
    guard !years.isEmpty else {
      if folders.isEmpty, listing.objects.isEmpty {
        throw .notASource(location: place.location, reason: "there is nothing")
      }
      if listing.holdsChunks { throw .unfinished(location: place.location) }
      throw .notASource(
        location: place.location, reason: "it is neither a Zarr store nor a folder of them")
    }
    return try await concurrently(years.map(place.below), width: DrillRequest.width) {
      year throws(DrillError) in
      guard let store = try await zarr(at: year) else {
        throw DrillError.unfinished(location: year.location)
      }
      return store
    }
  }

  /// - Returns: `nil` if there is no group, or one without arrays.
  private func zarr(at place: SourcePlace) async throws(DrillError) -> (any TimeSeriesSource)? {
    do throws(DrillError) {
      return try await ZarrSeries.open(place.root, location: place.location)
    } catch {
      if case .zarr(_, .notFound(path: "", location: _)) = error { return nil }
      throw error
    }
  }
}

/// A folder, or what lies below a prefix of a store.
struct SourcePlace: Sendable {
  let store: any ByteStore
  let prefix: StoreKey?
  /// As typed, for people.
  let location: String

  static func folder(_ path: String) -> SourcePlace {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return SourcePlace(store: FolderStore(path: path), prefix: nil, location: path)
  }

  /// The last segment.
  var name: String {
    String(location.split(separator: "/").last ?? "")
  }

  /// What lies here, as a store.
  var root: any ByteStore { prefix.map { PrefixStore(store, prefix: $0) } ?? store }

  func below(_ name: String) -> SourcePlace {
    let key = StoreKey(literal: name)
    return SourcePlace(
      store: store, prefix: prefix.map { $0.appending(key) } ?? key,
      location: "\(location)/\(name)")
  }
}

/// Spells out `{2010..2012}`, as a shell would.
enum BraceRange {
  /// - Throws: ``DrillError/badText(what:text:reason:)`` if the range runs backwards or is too long.
  static func expand(_ text: String) throws(DrillError) -> [String] {
    guard let open = text.firstIndex(of: "{"),
      let close = text[open...].firstIndex(of: "}")
    else { return [text] }
    let parts = text[text.index(after: open)..<close].split(
      separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty, let first = Int(parts[0]), let last = Int(parts[2])
    else { return [text] }
    guard first <= last, last - first < 1000 else {
      throw .badText(
        what: "source", text: text, reason: "the range in braces goes up, as in {2010..2012}")
    }
    var expanded: [String] = []
    for number in first...last {
      expanded += try expand(text[..<open] + "\(number)" + text[text.index(after: close)...])
    }
    return expanded
  }
}

extension Listing {
  /// Whether this looks like a store without its metadata.
  var holdsChunks: Bool {
    !prefixes.isEmpty && objects.allSatisfy { $0.key.name.hasPrefix(".z") || $0.key.name == "c" }
  }
}
