import Foundation
import Synchronization
import Testing

@testable import Sample

struct SampleWriteTests {
  /// Runs `body` with the path of a folder that doesn't exist yet and is removed afterwards.
  static func withFolder<Result>(
    _ body: (String) async throws -> Result
  ) async throws -> Result {
    let folder = FileManager.default.temporaryDirectory.path + "/sample-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try await body(folder)
  }

  static func contents(_ folder: String) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      files[name] = try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
    }
    return files
  }

  @Test func `the same arguments write the same bytes, with any number of workers`() async throws {
    let stack = try SampleStackTests.stack(days: 5, rows: 30, columns: 40)
    var runs: [[String: Data]] = []
    for workers in [1, 3] {
      try await Self.withFolder { folder in
        _ = try stack.write(to: folder, workers: workers) { _ in }
        runs.append(try Self.contents(folder))
      }
    }
    #expect(runs[0].keys.sorted() == stack.granules.map(\.name))
    #expect(runs[0] == runs[1])
  }

  @Test func `progress counts granules and bytes`() async throws {
    let stack = try SampleStackTests.stack(days: 4, rows: 12, columns: 16)
    let seen = Mutex<[WrittenGranule]>([])
    try await Self.withFolder { folder in
      let bytes = try stack.write(to: folder, workers: 2) { granule in
        seen.withLock { $0.append(granule) }
      }
      let written = seen.withLock { $0 }
      #expect(written.map(\.number) == Array(1...stack.granules.count))
      #expect(Set(written.map(\.name)) == Set(stack.granules.map(\.name)))
      #expect(written.reduce(0) { $0 + $1.byteCount } == bytes)
      #expect(try Self.contents(folder).values.reduce(0) { $0 + $1.count } == bytes)
    }
  }

  @Test func `a folder that holds something is refused and left alone`() async throws {
    let stack = try SampleStackTests.stack(days: 2, rows: 4, columns: 4)
    try await Self.withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      try Data([1]).write(to: URL(fileURLWithPath: folder + "/notes.txt"))
      #expect(throws: SampleError.targetNotEmpty(path: folder, example: "notes.txt")) {
        try stack.write(to: folder, workers: 1) { _ in }
      }
      #expect(try Self.contents(folder) == ["notes.txt": Data([1])])
    }
  }

  @Test func `a file in place of the folder is an error`() async throws {
    let stack = try SampleStackTests.stack(days: 2, rows: 4, columns: 4)
    try await Self.withFolder { path in
      try Data([1]).write(to: URL(fileURLWithPath: path))
      #expect(throws: SampleError.self) { try stack.write(to: path, workers: 1) { _ in } }
      #expect(FileManager.default.contents(atPath: path) == Data([1]))
    }
  }
}
