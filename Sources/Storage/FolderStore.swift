internal import Glibc

/// Values as files below a folder. It need not exist until something is written.
///
/// A write makes a temporary file beside the target and renames it: it survives the process, and a
/// loss of power once ``persist(_:)`` has returned. Symbolic links are followed.
public struct FolderStore: ByteStore {
  /// Temporary files start so; no key's last segment may, and no listing shows them.
  static let temporaryPrefix = ".pixeldrill-tmp-"

  public let path: String
  public var location: String { path }
  /// For what may wait for a disk; reads of cached pages don't.
  let threads: BlockingThreads
  let clock: StageClock?

  /// - Parameters:
  ///   - threads: How many calls may wait for the disk at once.
  ///   - clock: Counts the time of reading and writing.
  public init(path: String, threads: Int = 16, clock: StageClock? = nil) {
    self.clock = clock
    var path = Substring(path)
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    self.path = String(path)
    self.threads = BlockingThreads(limit: threads)
  }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    let file = try filePath(of: key)
    var status = stat()
    guard stat(file, &status) == 0 else {
      if Self.meansAbsent(errno) { return nil }
      throw .systemCall(errno, "look up", key, at: location)
    }
    return status.isRegularFile ? Self.info(key, status) : nil
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    guard let file = try OpenFile(filePath(of: key), key: key, location: location) else {
      return nil
    }
    guard let bounds = range.resolved(byteCount: file.byteCount) else {
      throw .outOfBounds(range, byteCount: file.byteCount, key: key)
    }
    let cached = clock.measure(.read, byteCount: bounds.count) { file.readCached(bounds) }
    if let cached { return cached }
    return try await threads.run { () throws(StoreError) in
      try clock.measure(.read) { () throws(StoreError) in try file.readWaiting(bounds) }
    }
  }

  public func localPath(of key: StoreKey) -> String? { try? filePath(of: key) }

  /// - Throws: ``StoreError/unsupported(location:reason:)`` if no file can have this name.
  func filePath(of key: StoreKey) throws(StoreError) -> String {
    if key.text.utf8.contains(0) {
      throw .unsupported(location: location, reason: "a file's name can't hold a zero byte")
    }
    if key.name.hasPrefix(Self.temporaryPrefix) {
      throw .unsupported(
        location: location, reason: "\(key) is named as temporary files are")
    }
    return path == "/" ? "/\(key)" : "\(path)/\(key)"
  }

  static func meansAbsent(_ code: Int32) -> Bool { code == ENOENT || code == ENOTDIR }

  static func info(_ key: StoreKey, _ status: stat) -> ObjectInfo {
    ObjectInfo(
      key: key, byteCount: Int(status.st_size), etag: nil,
      modifiedSeconds: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) / 1e9)
  }
}

extension stat {
  var isRegularFile: Bool { st_mode & S_IFMT == S_IFREG }
  var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}
