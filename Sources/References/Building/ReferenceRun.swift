public import NetCDF
public import Storage
internal import Synchronization

/// Makes one reference set per granule, several at once, at `refs/<granule name>.json` below a
/// root. Sets whose granule is what it was when they were made are left alone.
public struct ReferenceRun: Sendable {
  /// What became of the granules.
  public struct Summary: Sendable {
    /// The keys of all sets below the root, in the order of the granules.
    public var sets: [WrittenSet] = []
    public var failures: [ReferenceError] = []
  }

  private let builder: ReferenceBuilder
  private let root: any ByteStore
  private let width: Int

  /// - Parameters:
  ///   - root: The sets are written below `refs` of it.
  ///   - width: How many granules are worked on at once.
  public init(builder: ReferenceBuilder, root: any ByteStore, width: Int) {
    precondition(width >= 1, "nothing would be done")
    self.builder = builder
    self.root = root
    self.width = width
  }

  public static let folder = StoreKey(literal: "refs")

  /// - Parameter progress: Called with the number of granules done so far.
  /// - Throws: ``ReferenceError`` if the root can't be read or written; what is wrong with single
  ///   granules is in the summary.
  public func run(
    _ sources: [GranuleSource], progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) async throws(ReferenceError) -> Summary {
    try Self.checkNames(sources)
    let existing = try await Self.existingSets(in: root)
    let count = Mutex(0)
    let results = await inOrder(sources, width: width) { source in
      let result: Swift.Result<WrittenSet, ReferenceError>
      do throws(ReferenceError) {
        result = .success(try await build(source, existing))
      } catch {
        result = .failure(error)
      }
      progress(
        count.withLock {
          $0 += 1
          return $0
        })
      return result
    }
    var summary = Summary()
    for result in results {
      switch result {
      case .success(let set): summary.sets.append(set)
      case .failure(.storage(.full(let key, let location))):
        throw .storage(.full(key: key, location: location))
      case .failure(let error): summary.failures.append(error)
      }
    }
    return summary
  }

  /// Two granules of one name would have one set.
  private static func checkNames(_ sources: [GranuleSource]) throws(ReferenceError) {
    var seen: [String: GranuleSource] = [:]
    for source in sources {
      if let other = seen.updateValue(source, forKey: source.key.name) {
        throw .sameName(name: source.key.name, first: other.location, second: source.location)
      }
    }
  }

  /// Bytes of the sets that are there, by their names.
  static func existingSets(
    in root: any ByteStore
  ) async throws(ReferenceError) -> [StoreKey: Int] {
    do {
      let listing = try await root.list(folder, recursive: false)
      return Dictionary(listing.objects.map { ($0.key, $0.byteCount) }) { _, last in last }
    } catch { throw .storage(error) }
  }

  private func build(
    _ source: GranuleSource, _ existing: [StoreKey: Int]
  ) async throws(ReferenceError) -> WrittenSet {
    let key = Self.folder.appending("\(source.key.name).json")
    let pin = SourcePin(url: source.referenceURL, source.info)
    if let byteCount = existing[key],
      let file = try await PinFile.read(
        key, byteCount: byteCount, sources: [pin], inlineLimit: builder.inlineLimit, in: root)
    {
      return WrittenSet(
        key: key, sources: [source], leftOut: file.leftOut, isNew: false, byteCount: byteCount)
    }
    let result = try await builder.build(source)
    let bytes = ReferenceText.bytes(
      attributes: result.granule.attributesObject, arrays: result.arrays, targets: [pin.url])
    let leftOut = result.leftOut.map(\.description)
    try await PinFile(
      inlineLimit: builder.inlineLimit, byteCount: bytes.count, sources: [pin], leftOut: leftOut
    ).write(with: bytes, key, in: root)
    return WrittenSet(
      key: key, sources: [source], leftOut: leftOut, isNew: true, byteCount: bytes.count)
  }
}

/// A set below a root.
public struct WrittenSet: Sendable {
  public let key: StoreKey
  public let sources: [GranuleSource]
  /// Variables that no reference can stand for, with the reason.
  public let leftOut: [String]
  /// `false`: it was there already, made from the same granules.
  public let isNew: Bool
  public let byteCount: Int
}

/// Works on items, a stated number of them at once.
///
/// - Returns: The results in the order of the items.
func inOrder<Item: Sendable, Value: Sendable>(
  _ items: [Item], width: Int, _ work: @escaping @Sendable (Item) async -> Value
) async -> [Value] {
  await withTaskGroup(of: (Int, Value).self) { group in
    var values = [Value?](repeating: nil, count: items.count)
    var next = 0
    func start() {
      guard next < items.count else { return }
      let index = next
      next += 1
      group.addTask { (index, await work(items[index])) }
    }
    for _ in 0..<width { start() }
    while let (index, value) = await group.next() {
      values[index] = value
      start()
    }
    return values.compactMap(\.self)
  }
}
