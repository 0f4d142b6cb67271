import CF
import Foundation
import NetCDF
import Storage
import Testing
import Zarr

@testable import Rechunk

/// Whatever the shapes, types, packings, layouts, budgets and threads: what comes out of the
/// stores is what went into the granules.
struct RechunkPropertyTests {
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `rechunking keeps every value`(seed: UInt64) async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let stack = try RandomStack(seed: seed, folder: folder)
    var random = SeededGenerator(seed: seed &* 7919)
    var options = ConversionOptions(threads: Int.random(in: 1...3, using: &random))
    options.format = Bool.random(using: &random) ? .v3 : .v2
    if Bool.random(using: &random) {
      options.chunk = [
        Int.random(in: 1...30, using: &random), Int.random(in: 1...30, using: &random),
      ]
      if options.format == .v3, Bool.random(using: &random), let chunk = options.chunk {
        options.shard = chunk.map { $0 * Int.random(in: 1...4, using: &random) }
      }
    }
    options.codec =
      [
        .automatic, .fixed(.none), .fixed(.gzip(level: 1)), .fixed(.zstd(level: 1)),
      ].randomElement(using: &random) ?? .automatic

    if Bool.random(using: &random) {
      options.memoryByteCount = try await leastMemory(folder, options)
    }

    let store = MemoryStore()
    let result = try await convert(folder, options, to: store)
    #expect(result.leftOut.isEmpty)
    for year in result.years {
      let group = try await ZarrGroup.open(
        store: PrefixStore(store, prefix: StoreKey(literal: "zarrs/\(year.year)")), path: "")
      let seconds = try await numbers(group.array("time"), as: Int64.self)
      #expect(seconds == seconds.sorted())
      for variable in stack.variables {
        try await compare(variable, of: stack, in: group, at: seconds)
      }
    }
    #expect(result.years.reduce(0) { $0 + $1.steps } == stack.days.count)
  }

  private func compare(
    _ variable: RandomStack.Variable, of stack: RandomStack, in group: ZarrGroup,
    at seconds: [Int64]
  ) async throws {
    let array = try group.array(variable.name)
    let count = stack.rows * stack.columns
    // 2019-12-25 12:00:00 in seconds since 1981-01-01, by cftime.
    let steps = seconds.map { Int(($0 - 1_230_076_800 - 43_200) / 86_400) }
    let packings = stack.days.compactMap { $0.packing[variable.name] }
    let isUnpacked = Set(packings.map(\.scale)).count > 1 || Set(packings.map(\.offset)).count > 1
    if isUnpacked {
      let type = array.metadata.dataType
      #expect(type == (variable.type.byteCount <= 2 ? .float32 : .float64))
      let values =
        type == .float32
        ? try await numbers(array, as: Float.self).map(Double.init)
        : try await numbers(array, as: Double.self)
      for (position, step) in steps.enumerated() {
        let day = try #require(stack.days.first { $0.day == step })
        let got = values[position * count..<(position + 1) * count]
        guard let stored = day.numbers[variable.name], let packing = day.packing[variable.name]
        else {
          #expect(got.allSatisfy { $0.isNaN })
          continue
        }
        let wanted = stored.map { number -> Double in
          guard number != variable.fill else { return .nan }
          let value = Double(number) * packing.scale + packing.offset
          return type == .float32 ? Double(Float(value)) : value
        }
        #expect(zip(got, wanted).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
      }
    } else {
      #expect(array.metadata.dataType == variable.type)
      let bytes = try await array.read(array.metadata.shape.map { 0..<$0 })
      let values = StoredNumbers(bytes: bytes, type: variable.type).doubles
      let fill = array.metadata.fillBits ?? 0
      for (position, step) in steps.enumerated() {
        let day = try #require(stack.days.first { $0.day == step })
        let got = values[position * count..<(position + 1) * count]
        if let stored = day.numbers[variable.name] {
          #expect(Array(got) == stored.map(Double.init))
        } else {
          let range = position * count..<(position + 1) * count
          let bits = StoredNumbers(bytes: bytes, type: variable.type).map(\.bits)[range]
          #expect(bits.allSatisfy { $0 == fill })
        }
      }
    }
  }

  private func numbers<Number>(_ array: ZarrArray, as: Number.Type) async throws -> [Number] {
    let bytes = try await array.read(array.metadata.shape.map { 0..<$0 })
    return bytes.withUnsafeBytes { raw in
      (0..<raw.count / MemoryLayout<Number>.size).map {
        raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Number>.size, as: Number.self)
      }
    }
  }
}

func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("pixeldrill-tests-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

/// Scans and converts all granules of a folder.
/// The least budget with which a stack can be converted: pieces are compressed and spilled then.
func leastMemory(_ folder: URL, _ options: ConversionOptions) async throws -> Int {
  var options = options
  options.memoryByteCount = 1
  do {
    _ = try PlanBuilder(stack: try await scan(folder), options: options).plan()
    return 1
  } catch let error as MemoryError {
    return error.needed
  }
}

func convert(
  _ folder: URL, _ options: ConversionOptions, to root: any ByteStore
) async throws -> ConversionResult {
  let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
  let stack = try await scan(folder, parser: parser, skipBad: options.skipsBad)
  let compressors = try await CodecSurvey(stack: stack, parser: parser).compressors(for: options)
  return try await Conversion(
    stack: stack, options: options, compressors: compressors, parser: parser, root: root,
    scratchFolder: FileManager.default.temporaryDirectory.path
  ).run()
}

func scan(
  _ folder: URL,
  parser: GranuleParser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60),
  skipBad: Bool = false
) async throws -> Stack {
  let sources = try await GranuleFinder(open: { _ in (FolderStore(path: folder.path), nil) })
    .granules([folder.path])
  var options = StackScanner.Options()
  options.skipBad = skipBad
  return try await StackScanner(parser: parser, options: options).scan(sources)
}
