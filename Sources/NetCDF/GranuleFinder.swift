public import Storage

/// Finds the granules that inputs name: files, folders, prefixes and patterns.
public struct GranuleFinder: Sendable {
  /// Opens the store that a location lies in; the key is `nil` for the whole store.
  public typealias Opener =
    @Sendable (Location) throws -> (store: any ByteStore, key: StoreKey?)

  private let open: Opener

  public init(open: @escaping Opener) { self.open = open }

  /// What a listing takes for a granule; a file that is named outright may be called anything.
  private static let endings = [".nc", ".nc4", ".cdf", ".h5", ".hdf5", ".he5"]

  /// The granules of all inputs, each once, in the order of inputs and then of names.
  ///
  /// - Throws: ``GranuleFinderError`` for an input that names nothing, or a store's error.
  public func granules(_ inputs: [String]) async throws -> [GranuleSource] {
    var found: [GranuleSource] = []
    var seen: Set<String> = []
    for input in inputs {
      let sources = try await granules(input)
      guard !sources.isEmpty else { throw GranuleFinderError.nothing(input: input) }
      for source in sources where seen.insert(source.location).inserted { found.append(source) }
    }
    return found
  }

  private func granules(_ input: String) async throws -> [GranuleSource] {
    let pattern = KeyPattern(input)
    let (store, key) = try open(try Location(pattern?.fixedPart ?? input))
    if pattern == nil, let key, let info = try await store.info(key) {
      return [GranuleSource(store: store, key: key, info: info)]
    }
    let listing = try await store.list(key, recursive: true)
    let base = key.map { "\($0)/" } ?? ""
    return listing.objects.filter { object in
      guard Self.endings.contains(where: { object.key.text.lowercased().hasSuffix($0) }) else {
        return false
      }
      return pattern?.matches(String(object.key.text.dropFirst(base.count))) ?? true
    }.map { GranuleSource(store: store, key: $0.key, info: $0) }
  }
}

/// The input names nothing that could be read.
public enum GranuleFinderError: Error, Hashable, Sendable, CustomStringConvertible {
  case nothing(input: String)

  public var description: String {
    switch self {
    case .nothing(let input):
      "\(input): no such file, and no granules (.nc, .nc4, .cdf, .h5, .hdf5, .he5) below it"
    }
  }
}

/// A path with wildcards: `*` and `?` within a segment, `[…]` sets, `**` for any number of
/// segments.
struct KeyPattern {
  /// What comes before the first segment with a wildcard.
  let fixedPart: String
  private let segments: [[Character]]

  /// - Returns: `nil` if there is no wildcard.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.firstIndex(where: { $0.contains { "*?[".contains($0) } }) else {
      return nil
    }
    let fixed = parts[..<first].joined(separator: "/")
    fixedPart = first == 0 ? "." : (fixed.isEmpty ? "/" : fixed)
    segments = parts[first...].map(Array.init)
  }

  func matches(_ path: String) -> Bool {
    Self.match(
      path.split(separator: "/", omittingEmptySubsequences: false).map(Array.init)[...],
      segments[...])
  }

  private static func match(
    _ path: ArraySlice<[Character]>, _ pattern: ArraySlice<[Character]>
  ) -> Bool {
    guard let segment = pattern.first else { return path.isEmpty }
    if segment == ["*", "*"] {
      return path.indices.contains { match(path[$0...], pattern.dropFirst()) }
        || match(path[path.endIndex...], pattern.dropFirst())
    }
    guard let name = path.first, matchSegment(name[...], segment[...]) else { return false }
    return match(path.dropFirst(), pattern.dropFirst())
  }

  private static func matchSegment(
    _ name: ArraySlice<Character>, _ pattern: ArraySlice<Character>
  ) -> Bool {
    guard let symbol = pattern.first else { return name.isEmpty }
    switch symbol {
    case "*":
      return (name.startIndex...name.endIndex).contains {
        matchSegment(name[$0...], pattern.dropFirst())
      }
    case "?": return !name.isEmpty && matchSegment(name.dropFirst(), pattern.dropFirst())
    case "[":
      guard let end = pattern.firstIndex(of: "]"), let letter = name.first,
        pattern[pattern.index(after: pattern.startIndex)..<end].contains(letter)
      else { return false }
      return matchSegment(name.dropFirst(), pattern[(end + 1)...])
    default:
      return name.first == symbol && matchSegment(name.dropFirst(), pattern.dropFirst())
    }
  }
}
