public import Storage

/// A reference set where it is stored, not yet read: a file, or a member of a zip file.
public struct ReferenceSource: Sendable {
  let store: any ByteStore
  let key: StoreKey
  /// The member of the zip file that `key` is; `nil` if `key` is the set.
  let member: ZipMember?
  /// The pin of that member, if the zip file has one.
  let pinMember: ZipMember?

  /// A set that is a file of its own: JSON, or JSON compressed with gzip or zstd.
  public init(store: any ByteStore, key: StoreKey) {
    self.init(store: store, key: key, member: nil, pinMember: nil)
  }

  init(store: any ByteStore, key: StoreKey, member: ZipMember?, pinMember: ZipMember?) {
    self.store = store
    self.key = key
    self.member = member
    self.pinMember = pinMember
  }

  private static let blockByteCount = 4 << 20

  /// The file's name without folders.
  public var name: String { member?.fileName ?? key.name }

  /// Where the set is, for people: a path or URL, then `::` and the member of a zip file.
  public var location: String {
    let file =
      store.localPath(of: key)
      ?? (store.location.hasSuffix("/") ? "\(store.location)\(key)" : "\(store.location)/\(key)")
    return file + (member.map { "::\($0.name)" } ?? "")
  }

  /// Reads the set, in blocks: what is held is the table of references, not the text.
  ///
  /// - Parameter arrays: Whose chunk references to keep; `nil` keeps all. Those of
  ///   one-dimensional arrays are always kept.
  public func open(arrays: Set<String>? = nil) async throws(ReferenceError) -> ReferenceSet {
    var parser = ReferenceParser(location: location, arrays: arrays)
    try await forEachBlock { (block) throws(ReferenceError) in try parser.feed(block) }
    return try parser.finish()
  }

  /// The sources as they were when the set was made by this program; `nil` if nothing is known.
  public func pins() async throws(ReferenceError) -> [SourcePin]? {
    let bytes: [UInt8]?
    if let pinMember {
      var text: [UInt8] = []
      let file = ReferenceSource(store: store, key: key, member: pinMember, pinMember: nil)
      try await file.forEachBlock { (block) throws(ReferenceError) in text += block }
      bytes = text
    } else if member == nil {
      do { bytes = try await store.read(PinFile.key(ofSet: key)) } catch { throw .storage(error) }
    } else {
      bytes = nil
    }
    return bytes.flatMap { PinFile($0)?.sources }
  }

  /// Demands that every file the set leads to is what it was when the set was made.
  ///
  /// - Throws: ``ReferenceError/sourceChanged(location:source:was:is:)`` or
  ///   ``ReferenceError/noPin(location:source:)``.
  public func checkSources(
    of set: ReferenceSet, targets: ReferenceTargets
  ) async throws(ReferenceError) {
    var known: [String: SourcePin] = [:]
    for pin in try await pins() ?? [] { known[pin.url] = pin }
    let pins = known
    let checks = await inOrder(set.targets, width: 16) {
      (target) -> Result<Void, ReferenceError> in
      do throws(ReferenceError) { return .success(try await check(target, pins, targets)) } catch {
        return .failure(error)
      }
    }
    for check in checks { try check.get() }
  }

  private func check(
    _ target: String, _ pins: [String: SourcePin], _ targets: ReferenceTargets
  ) async throws(ReferenceError) {
    guard let pin = pins[target] else { throw .noPin(location: location, source: target) }
    let info: ObjectInfo?
    do { info = try await targets.info(target) } catch { throw .storage(error) }
    guard let info, pin.matches(info) else {
      throw .sourceChanged(
        location: location, source: target, was: pin.state,
        is: info.map { SourcePin(url: target, $0).state } ?? "gone")
    }
  }

  /// Hands over the set's text, decompressed.
  func forEachBlock(
    _ body: ([UInt8]) throws(ReferenceError) -> Void
  ) async throws(ReferenceError) {
    let bounds: Range<Int>
    if let member {
      bounds = try await member.range(in: store, key, location: location)
    } else {
      let info: ObjectInfo?
      do { info = try await store.info(key) } catch { throw .storage(error) }
      guard let info else { throw .absent(location: location) }
      bounds = 0..<info.byteCount
    }
    var inflater: Inflater?
    var checksum = ZipChecksum()
    var start = bounds.lowerBound
    while start < bounds.upperBound {
      let end = min(start + Self.blockByteCount, bounds.upperBound)
      let block: [UInt8]?
      do { block = try await store.read(key, .bounds(start..<end)) } catch {
        throw .storage(error)
      }
      guard let block else { throw .absent(location: location) }
      if inflater == nil {
        inflater = try Inflater(
          member?.compression ?? TextCompression(start: Array(block.prefix(4))), location: location)
      }
      try inflater?.feed(block) { (plain) throws(ReferenceError) in
        if member != nil { checksum.add(plain) }
        try body(plain)
      }
      start = end
    }
    try inflater?.finish()
    if let member, member.checksum != checksum.value {
      throw .damagedFile(location: location, reason: "its checksum is wrong")
    }
  }
}
