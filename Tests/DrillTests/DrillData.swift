import Drill
import Foundation
import NetCDF
import Storage

/// Small stores by other writers, and real granules.
enum DrillData {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(component: "Data")
  static let stores = ["zarr3-sharded", "zarr3", "tensorstore", "prototype", "zarr2"]
  static let variables = [
    "sea_surface_temperature", "sst_dtime", "quality_level", "l2p_flags", "temperature",
  ]
  /// The whole grid of the stores, which lies across 180 degrees.
  static let wholeGrid = "19,179,20,-179"

  static func path(_ name: String) -> String { folder.appending(path: name).path }
  static func store(_ name: String) -> String { path("drill/\(name)") }

  static let granules = path("ghrsst-l3s")
  static let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)

  static func open(
    _ location: Location
  ) throws(StoreError) -> (store: any ByteStore, key: StoreKey?) {
    guard case .path(let path) = location else {
      throw .unsupported(location: "\(location)", reason: "a path is wanted")
    }
    let url = URL(filePath: path)
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      !isFolder.boolValue
    else { return (FolderStore(path: path), nil) }
    return (
      FolderStore(path: url.deletingLastPathComponent().path),
      StoreKey(literal: url.lastPathComponent)
    )
  }

  static func archive(_ texts: String...) async throws(DrillError) -> Archive {
    try await SourceFinder(open: open, parser: parser).archive(texts)
  }

  static func everything(_ variables: String...) throws -> DrillRequest {
    DrillRequest(variables: variables, selection: .box(try BoundingBox(text: wholeGrid)))
  }

  /// What a store's writer put in: the values of all pixels, NaN where there is none.
  static func expected(_ variable: String, in store: String) throws -> [Double] {
    let data = try Data(
      contentsOf: folder.appending(path: "drill/\(store).expected/\(variable).bin"))
    return data.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 8).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Double.self)
      }
    }
  }

  /// Copies a store into a folder that is removed when `body` ends.
  static func withCopy(
    of name: String, as path: String = "store", _ body: (URL) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      let copy = folder.appending(path: path)
      try FileManager.default.createDirectory(
        at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: store(name), toPath: copy.path)
      try await body(copy)
    }
  }

  static func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(component: "drill-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }
}

extension SeriesValues {
  /// The bits of all values as Double, those of NaN where there is none.
  var doubles: [UInt64] { (0..<count).map { (self[$0] ?? .nan).bitPattern } }
}
