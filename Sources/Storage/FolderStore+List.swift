internal import Glibc

extension FolderStore {
  /// As ``ByteStore/list(_:recursive:)``; a folder is named among the prefixes even if it is empty.
  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    try await threads.run { () throws(StoreError) in
      var walk = FolderWalk(store: self, recursive: recursive)
      try walk.visit(prefix, ancestors: [])
      walk.listing.objects.sort { $0.key < $1.key }
      walk.listing.prefixes.sort()
      return walk.listing
    }
  }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] {
    try await threads.run { () throws(StoreError) in
      var walk = FolderWalk(store: self, recursive: true)
      try walk.visit(prefix, ancestors: [])
      return walk.temporaryFiles.sorted()
    }
  }

  /// Removes folders without files, too: a writer that was killed may have made them.
  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    try await threads.run { () throws(StoreError) in
      var walk = FolderWalk(store: self, recursive: true)
      try walk.visit(prefix, ancestors: [])
      for key in walk.temporaryFiles {
        guard unlink("\(path)/\(key)") == 0 || errno == ENOENT else {
          throw .systemCall(errno, "delete", key, at: location)
        }
      }
      // Those that hold something stay.
      for folder in walk.folders.reversed() { removeEmptyFolders(from: "\(path)/\(folder)") }
    }
  }
}

private struct FolderWalk {
  fileprivate struct Identity: Hashable {
    let device: dev_t
    let inode: ino_t
  }

  let store: FolderStore
  let recursive: Bool
  var listing = Listing()
  var temporaryFiles: [StoreKey] = []
  /// Below the root; parents before what is in them.
  var folders: [StoreKey] = []

  init(store: FolderStore, recursive: Bool) {
    self.store = store
    self.recursive = recursive
  }

  /// - Parameter ancestors: The folders on the way, so that a link to one of them is not followed.
  mutating func visit(_ folder: StoreKey?, ancestors: [Identity]) throws(StoreError) {
    let path = try folder.map { (key) throws(StoreError) in try store.filePath(of: key) }
    guard let names = try names(in: path ?? store.path, folder) else { return }
    var status = stat()
    guard stat(path ?? store.path, &status) == 0 else { return }
    if let folder { folders.append(folder) }
    let ancestors = ancestors + [Identity(device: status.st_dev, inode: status.st_ino)]

    for name in names where name != "." && name != ".." {
      let file = "\(path ?? store.path)/\(name)"
      if name.hasPrefix(FolderStore.temporaryPrefix) {
        let name = StoreKey(literal: name)
        temporaryFiles.append(folder?.appending(name) ?? name)
        continue
      }
      guard stat(file, &status) == 0 else {
        if FolderStore.meansAbsent(errno) { continue }  // deleted meanwhile, or a dangling link
        throw .systemCall(errno, "list", folder, at: store.location)
      }
      let name = StoreKey(literal: name)
      let key = folder?.appending(name) ?? name
      if status.isRegularFile {
        listing.objects.append(FolderStore.info(key, status))
      } else if status.isFolder, !recursive {
        listing.prefixes.append(key)
      } else if status.isFolder,
        !ancestors.contains(Identity(device: status.st_dev, inode: status.st_ino))
      {
        try visit(key, ancestors: ancestors)
      }
    }
  }

  /// `nil` if there is no such folder.
  private func names(in path: String, _ key: StoreKey?) throws(StoreError) -> [String]? {
    guard let folder = opendir(path) else {
      if FolderStore.meansAbsent(errno) { return nil }
      throw .systemCall(errno, "list", key, at: store.location)
    }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(validatingCString: $0) }
      }
      guard let name else {
        throw .systemCall(EILSEQ, "list names that are not UTF-8", key, at: store.location)
      }
      names.append(name)
      errno = 0
    }
    if errno != 0 { throw .systemCall(errno, "list", key, at: store.location) }
    return names
  }
}
