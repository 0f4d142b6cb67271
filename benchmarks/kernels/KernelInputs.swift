import CF
import Foundation
import NetCDF
import Rechunk
import References
import Sample
import Storage
import Zarr
import ZarrWriter

/// What the kernels work on.
struct KernelInputs {
  private let folder: String
  private let variable: Variable
  private let tile: StoredTile
  /// The decoded tile.
  private let plain: [UInt8]
  private let references: [UInt8]
  private let stack: Stack

  private static let rows = 1500
  private static let columns = 2000
  private static let steps = 365

  static func make() async throws -> KernelInputs {
    let folder = FileManager.default.temporaryDirectory
      .appending(component: "pixeldrill-kernels-\(UUID().uuidString)").path
    let sample = try SampleStack(
      start: TimeInstant(calendar: .standard, year: 2020, month: 1, day: 1), days: 1, rows: rows,
      columns: columns, seed: 1, chunk: (rows, columns))
    _ = try sample.write(to: folder, workers: 1) { _ in }
    let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
    let store = FolderStore(path: folder)
    guard let info = try await store.list(nil, recursive: true).objects.first else {
      throw StoreError.unsupported(location: folder, reason: "the sample has no granule")
    }
    let source = GranuleSource(store: store, key: info.key, info: info)
    let granule = try await parser.header(of: source)
    guard let variable = granule.variable("sea_surface_temperature") else {
      throw GranuleError(location: source.location, reason: .absent)
    }
    let tile = try await parser.tiles(of: variable, in: granule, from: source).fetch([0])[0]
    var plain = [UInt8](repeating: 0, count: rows * columns * 2)
    try plain.withUnsafeMutableBytes { try TileDecoder().decode(tile, of: variable, into: $0) }
    let root = MemoryStore()
    let run = ReferenceRun(builder: ReferenceBuilder(parser: parser), root: root, width: 1)
    let summary = try await run.run([source])
    let references = try await root.read(summary.sets[0].key) ?? []
    let stack = try await StackScanner(parser: parser).scan([source])
    return KernelInputs(
      folder: folder, variable: variable, tile: tile, plain: plain, references: references,
      stack: stack)
  }

  func remove() {
    do { try FileManager.default.removeItem(atPath: folder) } catch {
      print("\(folder) can't be removed: \(error)")
    }
  }

  func kernels() throws -> [Kernel] {
    try [inflate(), unshuffle(), unpack()] + gather() + codecs() + [shardIndex(), jsonReferences()]
  }

  private func inflate() -> Kernel {
    let decoder = TileDecoder()
    let output = UnsafeMutableRawBufferPointer.allocate(byteCount: plain.count, alignment: 64)
    return Kernel(name: "inflate + unshuffle a tile", byteCount: plain.count) {
      try decoder.decode(tile, of: variable, into: output)
    }
  }

  private func unshuffle() -> Kernel {
    let output = UnsafeMutablePointer<UInt8>.allocate(capacity: plain.count)
    return Kernel(name: "unshuffle int16", byteCount: plain.count) {
      plain.withUnsafeBufferPointer { plain in
        guard let source = plain.baseAddress else { return }
        Unshuffle.run(source, output, byteCount: plain.count, elementSize: 2)
      }
    }
  }

  /// A year of 25 × 25 pixels: rows of the tile stand for its days.
  private var chunk: [UInt8] {
    (0..<Self.steps).flatMap { day in
      (0..<25).flatMap { row in
        let start = ((day * 3 + row) % Self.rows * Self.columns + 700 + day % 100) * 2
        return plain[start..<start + 50]
      }
    }
  }

  /// The chunk, unpacked.
  private func values() -> [UInt8] {
    let stored = chunk
    guard let packing = variable.packing else { return stored }
    var values = [UInt8](repeating: 0, count: stored.count / 2 * packing.unpackedType.byteCount)
    stored.withUnsafeBytes { stored in
      values.withUnsafeMutableBytes { packing.unpack(stored, into: $0) }
    }
    return values
  }

  private func unpack() throws -> Kernel {
    guard let packing = variable.packing else { throw KernelError.noPacking }
    let stored = chunk
    let output = UnsafeMutableRawBufferPointer.allocate(
      byteCount: stored.count / 2 * packing.unpackedType.byteCount, alignment: 64)
    return Kernel(name: "unpack int16 to float32", byteCount: output.count) {
      stored.withUnsafeBytes { packing.unpack($0, into: output) }
    }
  }

  /// Placing a year of pieces into the chunks of their band: narrow pieces, as they are held where
  /// memory allows, and wide ones; integers kept and integers unpacked.
  private func gather() throws -> [Kernel] {
    try [("int16", VariablePolicy.keep), ("int16 to float32", .unpack)].flatMap { types, policy in
      var options = ConversionOptions(threads: 1)
      options.variables = [variable.name]
      options.policies = [variable.name: policy]
      options.chunk = [25, 25]
      options.codec = .fixed(.none)
      let plan = try PlanBuilder(stack: stack, options: options).plan().years[0].arrays[0]
      let source = variable.packing.map { StepSource(packing: $0, fill: nil) }
      let sources = Array(repeating: source, count: Self.steps)
      return [25, 1000].map { width in gather(by: plan, sources, width: width, types) }
    }
  }

  /// - Parameter width: Of pieces of 25 rows; each goes into chunks of 25 × 25.
  private func gather(
    by plan: ArrayPlan, _ sources: [StepSource?], width: Int, _ types: String
  ) -> Kernel {
    let edge = 25
    let assembler = ChunkAssembler(plan: plan, sources: sources, chunksPerBand: width / edge)
    let valueCount = edge * width
    let byteCount = sources.count * valueCount * plan.variable.type.byteCount
    return Kernel(name: "gather \(edge) × \(width), \(types)", byteCount: byteCount) {
      try plain.withUnsafeBytes { plain in
        assembler.begin()
        for step in sources.indices {
          let start = step * 10_000
          try assembler.place(
            UnsafeRawBufferPointer(rebasing: plain[start..<start + valueCount * 2]), step: step,
            rows: 0..<edge, columns: 0..<width)
        }
      }
    }
  }

  /// Encoding and decoding one chunk, by the codecs that conversions choose among.
  private func codecs() throws -> [Kernel] {
    let values = values()
    let choices: [(name: String, compressor: Compressor)] = [
      ("blosc zstd 1, shuffle", .blosc(cname: .zstd, level: 1, shuffle: .byte)),
      ("blosc zstd 1, bitshuffle", .blosc(cname: .zstd, level: 1, shuffle: .bit)),
      ("blosc lz4, shuffle", .blosc(cname: .lz4, level: 5, shuffle: .byte)),
    ]
    return try choices.flatMap { name, compressor in
      let spec = try ArraySpec(
        path: "sst", format: .v3, shape: [Self.steps, 25, 25], dataType: .float32,
        chunkShape: [Self.steps, 25, 25], compressor: compressor,
        fillBits: UInt64(Float.nan.bitPattern), dimensionNames: ["time", "lat", "lon"],
        maskFill: true)
      let encoder = try ChunkEncoder(spec)
      let encoded = try values.withUnsafeBytes { try encoder.encode($0) }
      guard
        let document = HierarchyWriter(format: .v3, attributes: [], arrays: [spec]).objects().first
      else { throw KernelError.noMetadata }
      let metadata = try ArrayMetadata(
        v3: try JSONValue(parsing: document.bytes).object ?? [:], key: document.key)
      return [
        Kernel(name: "encode \(name)", byteCount: values.count) {
          _ = try values.withUnsafeBytes { try encoder.encode($0) }
        },
        Kernel(name: "decode \(name)", byteCount: values.count) {
          _ = try encoded.withUnsafeBytes { try metadata.codecs.decode($0) }
        },
      ]
    }
  }

  /// The index of a shard of 30 × 40 chunks, with its checksum.
  private func shardIndex() throws -> Kernel {
    let spec = try ArraySpec(
      path: "sst", format: .v3, shape: [Self.steps, 750, 1000], dataType: .float32,
      chunkShape: [Self.steps, 25, 25], shardShape: [Self.steps, 750, 1000],
      compressor: .zstd(level: 1), fillBits: 0, dimensionNames: ["time", "lat", "lon"],
      maskFill: true)
    guard
      let document = HierarchyWriter(format: .v3, attributes: [], arrays: [spec]).objects().first,
      let sharding = try ArrayMetadata(
        v3: try JSONValue(parsing: document.bytes).object ?? [:], key: document.key
      ).sharding
    else { throw KernelError.noMetadata }
    var bytes = (0..<sharding.chunkCount).flatMap { chunk in
      [UInt64(chunk) * 60_000, 60_000].flatMap { number in
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
      }
    }
    bytes += withUnsafeBytes(of: CRC32C.checksum(bytes).littleEndian) { Array($0) }
    let index = bytes
    let key = StoreKey(literal: "sst/c/0/0/0")
    return Kernel(name: "shard index of 1200 chunks", byteCount: index.count) {
      _ = try ShardIndex(index, sharding, chunkLimit: 1 << 20, key: key)
    }
  }

  private func jsonReferences() -> Kernel {
    Kernel(name: "JSON references of a granule", byteCount: references.count) {
      _ = try ReferenceSet(parsing: references, location: "memory")
    }
  }
}

/// The inputs aren't what they should be.
enum KernelError: Error {
  case noPacking
  case noMetadata
}
