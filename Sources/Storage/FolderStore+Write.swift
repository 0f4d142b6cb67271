internal import CLinux
internal import Glibc
internal import Synchronization

extension FolderStore {
  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    let target = try filePath(of: key)
    try await threads.run { [location] () throws(StoreError) in
      var file = try TemporaryFile(beside: target, key: key, location: location)
      do throws(StoreError) {
        try clock.measure(.write, byteCount: bytes.count) { () throws(StoreError) in
          try file.append(bytes)
          try file.publish(condition)
        }
      } catch {
        file.discard()
        throw error
      }
    }
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    let target = try filePath(of: key)
    let file = try await threads.run { [location] () throws(StoreError) in
      try TemporaryFile(beside: target, key: key, location: location)
    }
    return FolderUpload(file: file, threads: threads, clock: clock)
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    var paths: [(StoreKey, String)] = []
    for key in keys { paths.append((key, try filePath(of: key))) }
    try await threads.run { [paths] () throws(StoreError) in
      for (key, file) in paths {
        guard unlink(file) == 0 else {
          if Self.meansAbsent(errno) || errno == EISDIR { continue }
          throw .systemCall(errno, "delete", key, at: location)
        }
        removeEmptyFolders(from: TemporaryFile.folder(of: file))
      }
    }
  }

  /// Removes a folder and those above it, as long as they are empty.
  func removeEmptyFolders(from folder: String) {
    var folder = folder
    while folder.utf8.count > path.utf8.count, rmdir(folder) == 0 {
      folder = TemporaryFile.folder(of: folder)
    }
  }
}

extension FolderStore {
  public func persist(_ keys: [StoreKey]) async throws(StoreError) {
    var paths: [String: StoreKey] = [:]
    for key in keys {
      let file = try filePath(of: key)
      paths[file] = key
      // It holds the file's name.
      paths[TemporaryFile.folder(of: file)] = key
    }
    // One call for the whole file system costs less than very many for files.
    if paths.count > 200, let (path, key) = paths.first {
      return try await persist(path, key, syncfs)
    }
    // Together they cost little more than one: the file system writes its journal once.
    let results = await withTaskGroup(of: Result<Void, StoreError>.self) { group in
      for (path, key) in paths {
        group.addTask {
          do throws(StoreError) {
            return .success(try await persist(path, key, fsync))
          } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    for result in results { try result.get() }
  }

  private func persist(
    _ path: String, _ key: StoreKey, _ sync: @escaping @Sendable (Int32) -> Int32
  ) async throws(StoreError) {
    try await threads.run { [location] () throws(StoreError) in
      let descriptor = open(path, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw .systemCall(errno, "sync", key, at: location) }
      defer { close(descriptor) }
      guard clock.measure(.write, { sync(descriptor) }) == 0 else {
        throw .systemCall(errno, "sync", key, at: location)
      }
    }
  }
}

/// A file being written under a temporary name.
struct TemporaryFile: Sendable {
  private let target: String
  private let path: String
  private let key: StoreKey
  private let location: String
  /// `nil` once the file is published or discarded.
  private var descriptor: Int32?

  /// Creates the folders that are missing.
  init(beside target: String, key: StoreKey, location: String) throws(StoreError) {
    self.target = target
    self.key = key
    self.location = location
    let folder = Self.folder(of: target)
    path =
      "\(folder)/\(FolderStore.temporaryPrefix)\(getpid())-"
      + String(UInt64.random(in: 0...UInt64.max), radix: 36)
    // Another writer's delete may remove a folder between our making it and using it.
    for attempt in 1...16 {
      let opened = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if opened >= 0 {
        descriptor = opened
        return
      }
      guard errno == ENOENT, attempt < 16 else { break }
      try Self.createFolder(folder, key: key, location: location)
    }
    throw .systemCall(errno, "write", key, at: location)
  }

  mutating func append(_ bytes: [UInt8]) throws(StoreError) {
    guard let descriptor else { return }
    var code: Int32 = 0
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else if errno != EINTR {
          code = errno
          return
        }
      }
    }
    if code != 0 { throw .systemCall(code, "write", key, at: location) }
  }

  mutating func publish(_ condition: WriteCondition) throws(StoreError) {
    guard let descriptor = descriptor.take() else { return }
    // Some network file systems say only here that there was no room.
    guard close(descriptor) == 0 else { throw fail(errno) }
    switch condition {
    case .always:
      guard rename(path, target) == 0 else { throw fail(errno) }
    case .ifAbsent:
      if renameat2(AT_FDCWD, path, AT_FDCWD, target, UInt32(SHIM_RENAME_NOREPLACE)) == 0 { return }
      guard errno == EINVAL || errno == ENOSYS else { throw fail(errno) }
      // A file system without that flag, such as NFS.
      guard link(path, target) == 0 else { throw fail(errno) }
      unlink(path)
    }
  }

  mutating func discard() {
    guard let descriptor = descriptor.take() else { return }
    close(descriptor)
    unlink(path)
  }

  private func fail(_ code: Int32) -> StoreError {
    unlink(path)
    var status = stat()
    guard code == EEXIST, stat(target, &status) == 0, !status.isFolder else {
      return .systemCall(code == EEXIST ? EISDIR : code, "write", key, at: location)
    }
    return .alreadyExists(key: key)
  }

  static func folder(of path: String) -> String {
    let bytes = path.utf8
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == bytes.startIndex ? "/" : String(path[..<slash])
  }

  private static func createFolder(
    _ path: String, key: StoreKey, location: String
  ) throws(StoreError) {
    if mkdir(path, 0o777) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, folder(of: path) != path else {
      throw .systemCall(errno, "create a folder", key, at: location)
    }
    try createFolder(folder(of: path), key: key, location: location)
    guard mkdir(path, 0o777) == 0 || errno == EEXIST || errno == ENOENT else {
      throw .systemCall(errno, "create a folder", key, at: location)
    }
  }
}

private final class FolderUpload: Upload {
  private let file: Mutex<TemporaryFile>
  private let threads: BlockingThreads
  private let clock: StageClock?

  init(file: TemporaryFile, threads: BlockingThreads, clock: StageClock?) {
    self.clock = clock
    self.file = Mutex(file)
    self.threads = threads
  }

  deinit { file.withLock { $0.discard() } }

  func append(_ bytes: [UInt8]) async throws(StoreError) {
    try await threads.run { () throws(StoreError) in
      try self.file.withLock { (file) throws(StoreError) in
        do throws(StoreError) {
          try self.clock.measure(.write, byteCount: bytes.count) { () throws(StoreError) in
            try file.append(bytes)
          }
        } catch {
          file.discard()
          throw error
        }
      }
    }
  }

  func finish() async throws(StoreError) {
    try await threads.run { () throws(StoreError) in
      try self.file.withLock { (file) throws(StoreError) in try file.publish(.always) }
    }
  }

  func cancel() async { file.withLock { $0.discard() } }
}
