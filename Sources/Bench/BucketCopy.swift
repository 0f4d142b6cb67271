internal import Foundation
internal import Storage

/// A stack's files in a bucket, for as long as they are measured.
struct BucketCopy {
  /// Of all stacks.
  let folder: String
  let bucket: Site.Bucket

  /// Copies granules and stores. References are made there, since they name the granules' place.
  func upload(_ stack: BenchStack) async throws {
    let name = stack.spec.name
    for part in ["granules", "v3", "v2"] {
      let source = FolderStore(path: "\(folder)/\(name)/\(part)")
      let target = try store("\(bucket.root)/\(name)/\(part)")
      let objects = try await source.list(nil, recursive: true).objects
      for start in stride(from: 0, to: objects.count, by: 16) {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for object in objects[start..<min(start + 16, objects.count)] {
            group.addTask {
              if let bytes = try await source.read(object.key) {
                try await target.write(bytes, to: object.key)
              }
            }
          }
          try await group.waitForAll()
        }
      }
    }
  }

  /// Removes everything that was put there.
  func remove() async throws {
    let store = try store(bucket.root)
    try await store.delete(try await store.list(nil, recursive: true).objects.map(\.key))
  }

  private func store(_ text: String) throws -> any ByteStore {
    let (store, key) = try bucket.opener()(try Location(text))
    return key.map { PrefixStore(store, prefix: $0) } ?? store
  }
}
