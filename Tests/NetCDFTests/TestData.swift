import CF
import Foundation
import NetCDF
import Storage

/// The files that tests read.
enum TestData {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Data").path

  /// The command, built beside the tests.
  static let executable: String = {
    let path = Bundle.allBundles.map(\.bundlePath).first { $0.hasSuffix(".xctest") }
    let products = URL(filePath: path ?? CommandLine.arguments[0]).deletingLastPathComponent()
    return products.appending(path: "pixeldrill").path
  }()

  static func source(_ name: String, in store: (any ByteStore)? = nil) async throws
    -> GranuleSource
  {
    let store = store ?? FolderStore(path: folder)
    let key = try StoreKey(name)
    guard let info = try await store.info(key) else { throw Absent(name: name) }
    return GranuleSource(store: store, key: key, info: info)
  }

  /// The same file in memory, where no library can open it by path.
  static func inMemory(_ name: String) async throws -> GranuleSource {
    let bytes = try Data(contentsOf: URL(filePath: folder).appending(path: name))
    return try await inMemory(name, [UInt8](bytes))
  }

  static func inMemory(_ name: String, _ bytes: [UInt8]) async throws -> GranuleSource {
    let store = MemoryStore()
    let key = try StoreKey(name)
    try await store.write(bytes, to: key)
    guard let info = try await store.info(key) else { throw Absent(name: name) }
    return GranuleSource(store: store, key: key, info: info)
  }

  struct Absent: Error { let name: String }
}
