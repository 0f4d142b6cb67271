import Foundation
import NetCDF
import Storage

/// Files in `Tests/Data`, and a parser that runs in this process.
enum TestGranules {
  static let data = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Data").path

  static let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)

  static func granules(_ folder: String) async throws -> [GranuleSource] {
    let store = FolderStore(path: data + "/" + folder)
    return try await store.list(nil, recursive: false).objects.filter {
      $0.key.name.hasSuffix(".nc")
    }.map { GranuleSource(store: store, key: $0.key, info: $0) }
  }

  static func granule(_ path: String) async throws -> GranuleSource {
    let store = FolderStore(path: data)
    let key = try StoreKey(path)
    let info = try await store.info(key)
    return GranuleSource(
      store: store, key: key,
      info: info ?? ObjectInfo(key: key, byteCount: 0, etag: nil, modifiedSeconds: nil))
  }

  /// Opens what absolute paths lead to.
  static func open(_ location: Location) throws -> (store: any ByteStore, key: StoreKey?) {
    guard case .path(let path) = location else {
      throw StoreError.unsupported(location: "\(location)", reason: "not in this test")
    }
    return (FolderStore(path: path), nil)
  }
}
