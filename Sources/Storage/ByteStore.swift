/// A flat map from keys to byte values: a folder, a bucket, memory.
///
/// A write is atomic: no reader sees half of it. Absence is an answer, not an error; everything
/// else that keeps a value from being read is an error, never absence.
public protocol ByteStore: Sendable {
  /// Where this is, for people: a path or URL without secrets.
  var location: String { get }

  /// What is known of a value without reading it; `nil` if the key is absent.
  func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo?

  /// Reads a value or a part of it; `nil` if the key is absent.
  ///
  /// - Throws: ``StoreError/rangeOutOfBounds(_:byteCount:key:)`` if the value ends before the
  ///   range does. A short answer is an error, never a short result.
  func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]?

  /// Writes a value at once, replacing what was there unless `condition` forbids it.
  ///
  /// - Throws: ``StoreError/alreadyExists(key:)`` if `condition` is ``WriteCondition/ifAbsent``
  ///   and the key is there.
  func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError)

  /// Begins a value too large to hold in memory; it appears when the upload is finished.
  func upload(to key: StoreKey) async throws(StoreError) -> any Upload

  /// Removes values; absent ones are no error.
  func delete(_ keys: [StoreKey]) async throws(StoreError)

  /// All values below a prefix (`nil`: the whole store), in the order of their keys' UTF-8.
  ///
  /// `a/b` lies below `a`; `a` itself and `ab` don't.
  ///
  /// - Parameter recursive: `false` stops at the next `/`: what lies deeper is named once, as a
  ///   prefix.
  func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing

  /// The path of a value that is a local file, for libraries that want one.
  func localPath(of key: StoreKey) -> String?

  /// What killed writers, or such as are at work, have below a prefix: temporary files, open
  /// multipart uploads.
  func unfinishedUploads(below prefix: StoreKey?) async throws(StoreError) -> [StoreKey]

  /// Removes what killed writers left below a prefix, as ``unfinishedUploads(below:)`` lists it.
  ///
  /// Only for who knows that nobody else is writing there.
  func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError)

  /// Returns when values that were written are where a loss of power can't take them.
  ///
  /// Does nothing in stores that acknowledge a write only then.
  func persist(_ keys: [StoreKey]) async throws(StoreError)
}

/// Which bytes of a value to read. Counts are bytes.
public enum ByteRange: Hashable, Sendable {
  case all
  /// Half-open, from the start of the value.
  case bounds(Range<Int>)
  /// The last bytes; all of them if the value is shorter.
  case suffix(Int)

  /// The bytes meant, of a value of `byteCount`; `nil` if it ends before they do.
  public func resolved(byteCount: Int) -> Range<Int>? {
    switch self {
    case .all: 0..<byteCount
    case .bounds(let bounds):
      bounds.lowerBound >= 0 && bounds.upperBound <= byteCount ? bounds : nil
    case .suffix(let count): max(0, byteCount - max(0, count))..<byteCount
    }
  }
}

public enum WriteCondition: Hashable, Sendable {
  case always
  /// Only if nothing has this key: one of several writers wins.
  case ifAbsent
}

public struct ObjectInfo: Hashable, Sendable, Codable {
  public let key: StoreKey
  public let byteCount: Int
  /// Changes when the value does: an S3 ETag without quotes; `nil` where the store has none.
  public let etag: String?
  /// Seconds since 1970, UTC.
  public let modifiedSeconds: Double?

  public init(key: StoreKey, byteCount: Int, etag: String?, modifiedSeconds: Double?) {
    self.key = key
    self.byteCount = byteCount
    self.etag = etag
    self.modifiedSeconds = modifiedSeconds
  }
}

public struct Listing: Hashable, Sendable {
  public var objects: [ObjectInfo]
  /// Below which more lies; empty for a recursive listing.
  public var prefixes: [StoreKey]

  public init(objects: [ObjectInfo] = [], prefixes: [StoreKey] = []) {
    self.objects = objects
    self.prefixes = prefixes
  }
}

/// A value being written in order, piece by piece. One task at a time uses it.
public protocol Upload: AnyObject, Sendable {
  func append(_ bytes: [UInt8]) async throws(StoreError)
  /// Makes the value visible, whole.
  func finish() async throws(StoreError)
  /// Leaves nothing behind. Does nothing after ``finish()``.
  func cancel() async
}

extension ByteStore {
  public func read(_ key: StoreKey) async throws(StoreError) -> [UInt8]? {
    try await read(key, .all)
  }

  public func write(_ bytes: [UInt8], to key: StoreKey) async throws(StoreError) {
    try await write(bytes, to: key, .always)
  }

  public func localPath(of key: StoreKey) -> String? { nil }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] { [] }

  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {}

  public func persist(_ keys: [StoreKey]) async throws(StoreError) {}
}
