import CF
import NetCDF
import Storage

enum GranuleEntries {
  private static let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)

  private static func source(_ bytes: [UInt8]) async throws -> GranuleSource {
    let store = MemoryStore()
    let key = StoreKey(literal: "granule.nc")
    try await store.write(bytes, to: key)
    return GranuleSource(
      store: store, key: key,
      info: ObjectInfo(key: key, byteCount: bytes.count, etag: nil, modifiedSeconds: nil))
  }

  /// libhdf5 has fuzzers of its own: only NetCDF-3, which is parsed here, gets through.
  static func classic(_ bytes: [UInt8]) async {
    guard bytes.starts(with: "CDF".utf8) else { return }
    do {
      let source = try await source(bytes)
      let granule = try await parser.header(of: source)
      for variable in granule.variables.prefix(32) { try await read(variable, granule, source) }
    } catch {}
  }

  private static func read(
    _ variable: Variable, _ granule: Granule, _ source: GranuleSource
  ) async throws {
    guard variable.elementByteCount != nil, !variable.shape.contains(0) else { return }
    // A corner of it: what is read is bounded by what was asked for.
    let region = variable.shape.map { 0..<min($0, 16) }
    guard region.count <= 4 else { return }
    do {
      _ = try await parser.values(of: variable, in: granule, from: source, region: region)
    } catch {}
  }

  /// Variables whose tree lies at the start of the file.
  static func chunkTree(_ bytes: [UInt8]) async {
    guard let choice = bytes.first else { return }
    let file = Array(bytes.dropFirst())
    let shapes = [[20], [9, 14], [3, 8, 8], [1 << 20, 1 << 20]]
    let shape = shapes[Int(choice & 3)]
    let variable = Variable(
      name: "v", type: .number(.int16), dimensions: shape.indices.map { "d\($0)" }, shape: shape,
      attributes: [],
      layout: StoredLayout(
        tileShape: shape.map { max(1, $0 > 1 << 10 ? $0 >> 4 : $0 / 3) },
        isBigEndian: choice & 64 != 0,
        filters: choice & 128 != 0 ? [.shuffle(elementSize: 2), .deflate(level: 1)] : [],
        fillBits: 0,
        place: .chunks(
          .tree(
            offset: 0, addressSize: [2, 4, 8, 8][Int(choice >> 2 & 3)], base: Int(choice >> 4 & 3)))
      ))
    let granule = Granule(
      name: "granule.nc", format: .hdf5, byteCount: file.count, dimensions: [], attributes: [],
      variables: [variable])
    do {
      try await read(variable, granule, try await source(file))
    } catch {}
  }

  static func tile(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return }
    let kinds: [Filter] = [
      .deflate(level: 1), .shuffle(elementSize: 2), .fletcher32, .shuffle(elementSize: 3),
      .other(id: 4, name: "szip"), .shuffle(elementSize: 8),
    ]
    // Up to four filters, by three bits each.
    let choice = Int(bytes[0]) | Int(bytes[1]) << 8
    let filters = (0..<4).compactMap { place -> Filter? in
      let kind = choice >> (3 * place) & 7
      return kind < kinds.count ? kinds[kind] : nil
    }
    let types: [DataType] = [.int8, .int16, .int32, .float64]
    let type = types[Int(bytes[2] & 3)]
    let tileShape = [1 + Int(bytes[2] >> 2 & 7), 1 + Int(bytes[2] >> 5) * 11]
    let variable = Variable(
      name: "v", type: .number(type), dimensions: ["y", "x"], shape: [100, 100], attributes: [],
      layout: StoredLayout(
        tileShape: tileShape, isBigEndian: bytes[3] & 1 != 0, filters: filters, fillBits: 7,
        place: .chunks(.library)))
    let tile = StoredTile(index: 0, bytes: bytes[4...], filterMask: UInt32(bytes[3] >> 4))
    let output = UnsafeMutableRawBufferPointer.allocate(
      byteCount: tileShape.reduce(type.byteCount, *), alignment: 16)
    defer { output.deallocate() }
    do throws(GranuleError) {
      try TileDecoder().decode(tile, of: variable, into: output)
    } catch {}
  }
}
