import Foundation
import NetCDF
import Storage
import Synchronization
import Testing
import Zarr
import ZarrWriter

@testable import Rechunk

/// Whatever the order of deaths, restarts and changes at the source: what comes of it in the end
/// is what a conversion in peace gives.
struct ResumeTests {
  @Test(arguments: 1...40 as ClosedRange<UInt64>)
  func `interrupted and changed stacks end as fresh conversions do`(seed: UInt64) async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var random = SeededGenerator(seed: seed &* 104_729)
    // All granules of a stack, of which some come later, and some are damaged copies at first.
    let all = folder.appendingPathComponent("all")
    let inputs = folder.appendingPathComponent("inputs")
    for each in [all, inputs] {
      try FileManager.default.createDirectory(at: each, withIntermediateDirectories: true)
    }
    _ = try RandomStack(seed: seed, folder: all)
    var names = try FileManager.default.contentsOfDirectory(atPath: all.path).sorted()
    names.shuffle(using: &random)
    var options = ConversionOptions(threads: Int.random(in: 1...2, using: &random))
    options.format = Bool.random(using: &random) ? .v3 : .v2
    options.chunk = [5, 7]
    // Left open, it is chosen by the granules that come first.
    options.codec = .fixed(.zstd(level: 1))
    // This process lives, though its runs die.
    options.breaksLock = true

    let store = MemoryStore()
    var rest = names[...]
    while !rest.isEmpty {
      for name in rest.prefix(Int.random(in: 1...3, using: &random)) {
        try FileManager.default.copyItem(
          at: all.appendingPathComponent(name), to: inputs.appendingPathComponent(name))
        rest = rest.dropFirst()
      }
      try await convertDying(inputs, options, to: store, using: &random)
    }
    let fresh = MemoryStore()
    _ = try await convert(inputs, options, to: fresh)
    let (got, wanted) = (try await contents(of: store), try await contents(of: fresh))
    let different = Set(got.keys).union(wanted.keys).filter { got[$0] != wanted[$0] }
    // A run that dies giving up its lock leaves it.
    #expect(different.filter { !$0.isBelow(StoreKey(literal: "locks")) } == [])
  }

  /// Runs a conversion that dies, again and again, each time after more changes.
  private func convertDying(
    _ folder: URL, _ given: ConversionOptions, to store: any ByteStore,
    using random: inout SeededGenerator
  ) async throws {
    var options = given
    var changes = Int.random(in: 0...30, using: &random)
    while true {
      do {
        _ = try await convert(folder, options, to: DyingStore(store, changes: changes))
        return
      } catch let stop as ConversionStopped {
        #expect("\(stop.cause)".contains("\(DyingStore.death)"))
      } catch is ConversionError {
        // What granules that came later decide of all years takes a word of the user's.
        options.replaces = true
      }
      changes += Int.random(in: 3...60, using: &random)
    }
  }

  @Test func `a finished year is read and written no more`() async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    _ = try RandomStack(seed: 3, folder: folder)
    let store = MemoryStore()
    let options = ConversionOptions(threads: 1)
    _ = try await convert(folder, options, to: store)
    let counting = CountingStore(store)
    let result = try await convert(folder, options, to: counting)
    #expect(result.years.allSatisfy { $0.outcome == .upToDate })
    #expect(counting.counts.requests(.write) == 0)
    #expect(counting.counts.requests(.upload) == 0)
    #expect(counting.counts.requests(.delete) == 0)
  }

  @Test func `a record whose object is gone or shorter counts for nothing`() async throws {
    let root = MemoryStore()
    let lock = try await WriteLock.take(2020, in: root, breaks: false) { _ in }
    let shards = (0..<3).map { StoreKey(literal: "v/c/0/0/\($0)") }
    let columns = (0..<3).map { [0..<10, $0 * 10..<$0 * 10 + 10] }
    for shard in shards {
      try await root.write([1, 2, 3], to: Conversion.storeKey(2020).appending(shard))
    }
    let journal = try await Journal.resume(2020, in: root, lock: lock, stored: [])
    for (shard, column) in zip(shards, columns) {
      let record = ObjectRecord(key: shard, byteCount: 3, crc32c: CRC32C.checksum([1, 2, 3]))
      try await journal.record(
        TaskRecord(objects: [record], largestError: 0.25), "v", column)
    }
    try await root.delete([Conversion.storeKey(2020).appending(shards[0])])
    try await root.write([1], to: Conversion.storeKey(2020).appending(shards[1]))
    let stored = try await root.list(Conversion.storeKey(2020), recursive: true).objects
    let resumed = try await Journal.resume(2020, in: root, lock: lock, stored: stored)
    #expect(resumed.finished("v", columns[0]) == nil)
    #expect(resumed.finished("v", columns[1]) == nil)
    #expect(resumed.finished("v", columns[2])?.largestError == 0.25)
    #expect(resumed.finished("v", [0..<10, 20..<25]) == nil)
    #expect(resumed.finished("w", columns[2]) == nil)
    #expect(resumed.objects == [shards[2]])
  }
}
