public import CF
internal import Storage
public import Zarr

/// Where the bytes of one chunk are.
public enum ChunkReference: Hashable, Sendable {
  /// In the set itself.
  case inline([UInt8])
  /// A part of a target; `target` counts in ``ReferenceSet/targets``.
  case bytes(target: Int, Range<Int>)
  /// All of a target.
  case whole(target: Int)
}

/// A kerchunk reference set: the metadata of Zarr arrays, and for each chunk where its bytes lie.
///
/// Metadata is parsed when it is asked for. Nothing here reads a target: that is what
/// ``ReferenceTargets`` is for.
public struct ReferenceSet: Sendable {
  /// Where the set was read.
  public let location: String
  /// The files that references lead to, as the set names them, templates expanded.
  public let targets: [String]
  /// The paths of the arrays, sorted.
  public let arrayNames: [String]
  private let documents: [String: Int]
  private let inline: [[UInt8]]
  private let tables: [ReferenceCollector.TableKey: ChunkTable]
  private let others: [String: ReferenceCollector.Row]
  private let passedOver: Set<String>
  /// Whether the set says what is missing by the attribute `_FillValue`. Then `fill_value` is
  /// HDF5's, often 0, and may be a value: as kerchunk 0.0.5 wrote it.
  private let statesMissing: Bool

  init(_ collector: ReferenceCollector) throws(ReferenceError) {
    location = collector.location
    targets = collector.targets
    documents = collector.documents
    inline = collector.inline
    tables = collector.tables
    others = collector.others
    passedOver = collector.passedOver
    let mark = Array("\"_FillValue\"".utf8)
    statesMissing = collector.documents.contains { key, number in
      key.hasSuffix("/.zattrs") && collector.inline[number].firstRange(of: mark) != nil
    }
    arrayNames = documents.keys.compactMap { key in
      ["/.zarray", "/zarr.json"].first(where: key.hasSuffix).map { String(key.dropLast($0.count)) }
    }.sorted()
    guard documents.keys.contains(where: { [".zgroup", ".zarray", "zarr.json"].contains($0) })
    else { throw .notReferences(location: location, reason: "no Zarr group is described in it") }
  }

  /// Reads a set that is in memory.
  ///
  /// - Parameter arrays: Whose chunk references to keep; `nil` keeps all.
  public init(
    parsing bytes: [UInt8], location: String, arrays: Set<String>? = nil
  ) throws(ReferenceError) {
    var parser = ReferenceParser(location: location, arrays: arrays)
    try parser.feed(bytes)
    self = try parser.finish()
  }

  /// The content of a metadata key such as `.zattrs` or `sst/.zarray`; `nil` if there is none.
  public func document(_ key: String) -> [UInt8]? { documents[key].map { inline[$0] } }

  /// The attributes of the root group.
  public var attributes: [Attribute] {
    get throws(ReferenceError) {
      guard let bytes = document(".zattrs") else { return [] }
      return try attributes(in: bytes, of: ".zattrs")
    }
  }

  /// What the set says of an array.
  public func metadata(of array: String) throws(ReferenceError) -> ArrayMetadata {
    guard let bytes = document("\(array)/.zarray") else {
      throw .noArray(location: location, name: array)
    }
    let attributes = document("\(array)/.zattrs")
    do throws(ZarrError) {
      return try ArrayMetadata(
        v2: try object(bytes, "\(array)/.zarray"),
        attributes: try attributes.map { (bytes) throws(ZarrError) in
          try object(bytes, "\(array)/.zattrs")
        } ?? [:], key: key("\(array)/.zarray"), fillIsMissing: !statesMissing)
    } catch { throw .zarr(location: location, error) }
  }

  /// Where a chunk is; `nil` if the set has none: it is all fill value.
  ///
  /// - Throws: ``ReferenceError/notOpened(location:name:)`` if the set was opened for other arrays.
  public func reference(
    toChunk chunk: [Int], of array: String
  ) throws(ReferenceError) -> ChunkReference? {
    // The chunk of a scalar has the key `0`.
    let chunk = chunk.isEmpty ? [0] : chunk
    if let row = tables[ReferenceCollector.TableKey(path: array, rank: chunk.count)]?.find(chunk) {
      return reference(row.target, row.offset, row.byteCount)
    }
    guard !passedOver.contains(array) else { throw .notOpened(location: location, name: array) }
    return nil
  }

  /// Where the value of any key is: a chunk's, or a metadata document's.
  func reference(to key: String) throws(ReferenceError) -> ChunkReference? {
    if let number = documents[key] { return .inline(inline[number]) }
    if let row = others[key] { return reference(row.target, row.offset, row.byteCount) }
    let parts = key.split(separator: "/", omittingEmptySubsequences: false)
    let chunk = (parts.last ?? "").split(separator: ".", omittingEmptySubsequences: false)
      .map { Int($0) }
    guard !chunk.contains(nil) else { return nil }
    return try reference(
      toChunk: chunk.compactMap(\.self), of: parts.dropLast().joined(separator: "/"))
  }

  private func reference(_ target: Int32, _ offset: Int, _ byteCount: Int) -> ChunkReference {
    if target == ChunkTable.inline { return .inline(inline[offset]) }
    if byteCount == ChunkTable.toEnd { return .whole(target: Int(target)) }
    return .bytes(target: Int(target), offset..<offset + byteCount)
  }

  /// Hands over every chunk reference of an array that the set was opened for.
  public func forEachReference(
    of array: String, _ body: (_ chunk: [Int], ChunkReference) -> Void
  ) {
    for (key, table) in tables where key.path == array {
      table.visit { chunk, target, offset, byteCount in
        body(chunk, reference(target, offset, byteCount))
      }
    }
  }

  /// The keys of all values, sorted: for listing the set as a store.
  var keys: [String] {
    var keys = Array(documents.keys) + others.keys
    for (key, table) in tables {
      table.visit { chunk, _, _, _ in
        let name = chunk.map(String.init).joined(separator: ".")
        keys.append(key.path.isEmpty ? name : "\(key.path)/\(name)")
      }
    }
    return keys.sorted()
  }

  private func attributes(
    in bytes: [UInt8], of name: String
  ) throws(ReferenceError) -> [Attribute] {
    do throws(ZarrError) {
      return try object(bytes, name).members.compactMap { member in
        AttributeValue(member.value).map { Attribute(member.name, $0) }
      }
    } catch { throw .zarr(location: location, error) }
  }

  private func object(_ bytes: [UInt8], _ name: String) throws(ZarrError) -> JSONObject {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch { throw .notJSON(key: key(name), error) }
    guard let object = value.object else {
      throw .badMetadata(key: key(name), member: "", reason: "isn't an object")
    }
    return object
  }

  /// For errors; the names of keys in a hostile set may be no store's.
  private func key(_ text: String) -> StoreKey {
    do { return try StoreKey(text) } catch { return StoreKey(literal: "reference") }
  }
}
