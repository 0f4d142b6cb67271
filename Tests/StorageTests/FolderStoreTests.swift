import Foundation
import Testing

@testable import Storage

struct FolderStoreTests {
  let folder = TemporaryFolder()
  var store: FolderStore { FolderStore(path: folder.path + "/") }

  private func entries(_ below: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path + "/" + below).sorted()
  }

  @Test func `a key is a path below the folder`() async throws {
    try await store.write([1, 2], to: StoreKey(literal: "a/b"))
    #expect(store.path == folder.path)
    #expect(store.localPath(of: StoreKey(literal: "a/b")) == folder.path + "/a/b")
    #expect(FileManager.default.contents(atPath: folder.path + "/a/b") == Data([1, 2]))
  }

  @Test func `new files can be read by whom the umask allows`() async throws {
    try await store.write([1], to: StoreKey(literal: "x"))
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/x")
    let mask = umask(0)
    _ = umask(mask)
    #expect(attributes[.posixPermissions] as? Int == Int(0o666 & ~mask))
  }

  @Test func `temporary files are not listed, and go with the upload`() async throws {
    var upload: (any Upload)? = try await store.upload(to: StoreKey(literal: "a/x"))
    try await upload?.append([1])
    #expect(try entries("a").count == 1)
    #expect(try await store.list(nil, recursive: true) == Listing())
    upload = nil
    #expect(try entries("a") == [])
  }

  @Test func `what a killed writer left can be removed`() async throws {
    try await store.write([1], to: StoreKey(literal: "a/x"))
    let left = "\(folder.path)/a/\(FolderStore.temporaryPrefix)1-zz"
    #expect(FileManager.default.createFile(atPath: left, contents: Data([1])))
    try await store.removeUnfinishedUploads(below: StoreKey(literal: "b"))
    #expect(try entries("a").count == 2)
    try await store.removeUnfinishedUploads(below: StoreKey(literal: "a"))
    #expect(try entries("a") == ["x"])
  }

  @Test func `no key may look like a temporary file`() async {
    await #expect(throws: StoreError.self) {
      try await store.write([1], to: StoreKey(literal: "a/\(FolderStore.temporaryPrefix)x"))
    }
  }

  @Test func `folders emptied by a delete go, the store's own and others stay`() async throws {
    try FileManager.default.createDirectory(
      atPath: folder.path + "/kept", withIntermediateDirectories: true)
    try await store.write([1], to: StoreKey(literal: "a/b/c"))
    try await store.delete([StoreKey(literal: "a/b/c")])
    #expect(try entries() == ["kept"])
  }

  @Test func `symbolic links are followed, but not in circles`() async throws {
    try await store.write([1], to: StoreKey(literal: "a/x"))
    let files = FileManager.default
    try files.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: "a")
    try files.createSymbolicLink(atPath: folder.path + "/a/up", withDestinationPath: "..")
    try files.createSymbolicLink(atPath: folder.path + "/nowhere", withDestinationPath: "gone")
    #expect(try await store.read(StoreKey(literal: "link/x")) == [1])
    #expect(try await store.read(StoreKey(literal: "nowhere")) == nil)
    let keys = try await store.list(nil, recursive: true).objects.map(\.key.text)
    #expect(keys == ["a/x", "link/x"])
  }

  @Test func `a folder or a file in the way is an error that names the place`() async throws {
    try await store.write([1], to: StoreKey(literal: "a/b"))
    for name in ["a", "a/b/c"] {
      for condition in [WriteCondition.always, .ifAbsent] {
        await #expect {
          try await store.write([2], to: StoreKey(literal: name), condition)
        } throws: {
          guard case StoreError.unsupported(let location, _) = $0 else { return false }
          return location == "\(folder.path)/\(name)"
        }
      }
    }
    #expect(try entries("a") == ["b"])
  }

  @Test func `pipes are no values`() async throws {
    #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
    #expect(try await store.read(StoreKey(literal: "pipe")) == nil)
    #expect(try await store.info(StoreKey(literal: "pipe")) == nil)
    #expect(try await store.list(nil, recursive: true).objects == [])
  }

  @Test(arguments: [
    (ENOSPC, StoreError.full(key: StoreKey(literal: "k"), location: "/f")),
    (EDQUOT, .full(key: StoreKey(literal: "k"), location: "/f")),
    (
      EACCES,
      .accessDenied(
        key: StoreKey(literal: "k"), permission: "permission to write (Permission denied)",
        location: "/f")
    ),
    (
      EROFS,
      .accessDenied(
        key: StoreKey(literal: "k"), permission: "a file system that isn't mounted read-only",
        location: "/f")
    ),
    (
      EIO,
      .unavailable(
        key: StoreKey(literal: "k"), location: "/f", attempts: 1, httpStatus: nil,
        reason: "write: Input/output error")
    ),
  ])
  func `a failed system call is told apart by its code`(code: Int32, error: StoreError) {
    #expect(StoreError.systemCall(code, "write", StoreKey(literal: "k"), at: "/f") == error)
  }

  @Test(.enabled(if: getuid() != 0, "root may do everything"))
  func `a file or folder without permission is an error, not absence`() async throws {
    try await store.write([1], to: StoreKey(literal: "x"))
    #expect(chmod(folder.path + "/x", 0) == 0)
    await #expect(throws: StoreError.self) { try await store.read(StoreKey(literal: "x")) }
    #expect(chmod(folder.path, 0) == 0)
    await #expect(throws: StoreError.self) { try await store.info(StoreKey(literal: "x")) }
    await #expect(throws: StoreError.self) { try await store.list(nil, recursive: true) }
  }

  @Test func `pages that are not cached are read too`() async throws {
    let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) }
    try await store.write(bytes, to: StoreKey(literal: "x"))
    let descriptor = open(folder.path + "/x", O_RDWR)
    #expect(fsync(descriptor) == 0)
    #expect(posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0)
    close(descriptor)
    let range = 1_000_000..<2_500_000
    #expect(try await store.read(StoreKey(literal: "x"), .bounds(range)) == Array(bytes[range]))
  }
}
