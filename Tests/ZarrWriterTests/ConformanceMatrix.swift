import CF
import Foundation
import Storage
import Zarr
import ZarrWriter

/// Small stores in every form we write, with arrays that have tripped up readers. Our reader reads
/// them in every test run; other people's do through `scripts/conformance/zarr_readback.py`.
struct ConformanceCase: Sendable, CustomStringConvertible {
  let name: String
  let format: ZarrFormat
  let compressor: Compressor
  var isSharded = false

  var description: String { name }

  static let all = [
    ConformanceCase(name: "v2_none", format: .v2, compressor: .none),
    ConformanceCase(name: "v2_zlib", format: .v2, compressor: .gzip(level: 4)),
    ConformanceCase(
      name: "v2_blosc_lz4", format: .v2,
      compressor: .blosc(cname: .lz4, level: 5, shuffle: .byte)),
    ConformanceCase(
      name: "v2_blosc_zstd", format: .v2,
      compressor: .blosc(cname: .zstd, level: 1, shuffle: .bit)),
    ConformanceCase(name: "v2_zstd", format: .v2, compressor: .zstd(level: 3)),
    ConformanceCase(name: "v3_none", format: .v3, compressor: .none),
    ConformanceCase(name: "v3_gzip", format: .v3, compressor: .gzip(level: 4)),
    ConformanceCase(name: "v3_zstd", format: .v3, compressor: .zstd(level: 3)),
    ConformanceCase(
      name: "v3_blosc", format: .v3,
      compressor: .blosc(cname: .zstd, level: 1, shuffle: .byte)),
    ConformanceCase(
      name: "v3_sharded_zstd", format: .v3, compressor: .zstd(level: 1), isSharded: true),
    ConformanceCase(
      name: "v3_sharded_blosc", format: .v3,
      compressor: .blosc(cname: .zstd, level: 1, shuffle: .bit), isSharded: true),
    ConformanceCase(
      name: "v3_sharded_lz4", format: .v3,
      compressor: .blosc(cname: .lz4, level: 5, shuffle: .byte), isSharded: true),
  ]
}

/// An array of a case with the numbers that belong in it.
struct ConformanceArray {
  let spec: ArraySpec
  /// Little-endian, C order.
  let bytes: [UInt8]

  /// Writes the array. Of the gridded chunks that hold only fill value every second is left out, as a
  /// rechunker would; the rest are written.
  func write(to store: any ByteStore) async throws {
    guard spec.maskFill, spec.dimensionNames == ["time", "lat", "lon"] else {
      _ = try await spec.writeArray(bytes, to: store)
      return
    }
    let encoder = try ChunkEncoder(spec)
    for object in spec.objectGrid.chunks {
      let shard =
        spec.shardShape == nil ? nil : ShardWriter(spec: spec, shard: object, store: store)
      for chunk in shard == nil ? [object] : spec.chunks(inShard: object) {
        let isInside = zip(chunk, spec.grid.shape).allSatisfy { $0 < $1 }
        let (plain, isFill) = isInside ? self.chunk(chunk) : ([], true)
        let isAbsent = !isInside || isFill && chunk.reduce(0, +) % 2 == 0
        let encoded = isAbsent ? nil : try plain.withUnsafeBytes { try encoder.encode($0) }
        if let shard {
          try await shard.append(encoded)
        } else if let encoded {
          _ = try await spec.writeChunk(chunk, encoded: encoded, to: store)
        }
      }
      _ = try await shard?.finish()
    }
  }

  /// A chunk of the array, fill value beyond the edge; and whether it is all fill value.
  private func chunk(_ coordinates: [Int]) -> (bytes: [UInt8], isFill: Bool) {
    let size = spec.dataType.byteCount
    let fill = withUnsafeBytes(of: (spec.fillBits ?? 0).littleEndian) { Array($0.prefix(size)) }
    let region = spec.grid.region(ofChunk: coordinates)
    var plain: [UInt8] = []
    for a in 0..<spec.chunkShape[0] {
      for b in 0..<spec.chunkShape[1] {
        for c in 0..<spec.chunkShape[2] {
          let point = zip([a, b, c], region).map { $0 + $1.lowerBound }
          guard zip(point, region).allSatisfy({ $1.contains($0) }) else {
            plain += fill
            continue
          }
          let index = (point[0] * spec.shape[1] + point[1]) * spec.shape[2] + point[2]
          plain += bytes[index * size..<(index + 1) * size]
        }
      }
    }
    return (plain, plain == Array(repeating: fill, count: plain.count / size).flatMap { $0 })
  }
}

extension ConformanceCase {
  func arrays() throws -> [ConformanceArray] {
    let shape = [5, 14, 11]
    // Blocks of fill as large as several chunks; everything else varies in all bits.
    func isFill(_ index: Int) -> Bool { (4..<11).contains(index / 11 % 14) || index % 11 > 7 }
    func noise(_ index: Int) -> UInt64 {
      (UInt64(index) &+ 1) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(index) << 7
    }
    let packing = [
      Attribute("scale_factor", .reals([Double(Float(0.01))], .float32)),
      Attribute("add_offset", .reals([288.44], .float64)),
      Attribute("valid_min", .integers([-32767], .int16)),
      Attribute("units", .text("kelvin")),
    ]
    return try [
      array(
        "time", [5], .int64, [5], ["time"], mask: nil,
        [
          Attribute("units", .text("seconds since 1981-01-01 00:00:00")),
          Attribute("calendar", .text("gregorian")),
        ]
      ) { UInt64(1_230_768_000 + $0 * 86_400) },
      array(
        "lat", [14], .float32, [14], ["lat"], mask: nil,
        [
          Attribute("units", .text("degrees_north"))
        ]
      ) { UInt64((19.99 - Float($0) * 0.02).bitPattern) },
      array(
        "lon", [11], .float64, [11], ["lon"], mask: nil,
        [
          Attribute("units", .text("degrees_east"))
        ]
      ) { (70.01 + Double($0) * 0.02).bitPattern },
      array(
        "crs", [], .int32, [], [], mask: nil,
        [
          Attribute("semi_major_axis", .reals([6_378_137], .float64))
        ]
      ) { _ in 0xFFFF_FFF9 },
      array(
        "flags", shape, .int8, [5, 4, 3], ["time", "lat", "lon"], mask: nil,
        [
          Attribute("flag_masks", .integers([1, 2, 4, -128], .int8)),
          Attribute("flag_meanings", .text("land ice “lake” river")),
        ]
      ) { noise($0) >> 56 },
      array("packed", shape, .int16, [5, 4, 3], ["time", "lat", "lon"], mask: 0x8000, packing) {
        isFill($0) ? 0x8000 : max(noise($0) >> 48, 1) == 0x8000 ? 0 : noise($0) >> 48
      },
      array("sst", shape, .float32, [5, 4, 3], ["time", "lat", "lon"], mask: 0x7FC0_0000, []) {
        isFill($0) ? 0x7FC0_0000 : UInt64((Float(noise($0) >> 40) / 7 - 1e6).bitPattern)
      },
      array(
        "dtime", shape, .float64, [5, 4, 3], ["time", "lat", "lon"],
        mask: 0x7FF8_0000_0000_0000, []
      ) {
        isFill($0) ? 0x7FF8_0000_0000_0000 : (Double(noise($0)) / 3).bitPattern
      },
      array("count", shape, .uint16, [5, 4, 3], ["time", "lat", "lon"], mask: 0xFFFF, []) {
        isFill($0) ? 0xFFFF : noise($0) >> 49
      },
      array(
        "series", [365, 8, 9], .int16, [365, 8, 4], ["step", "y", "x"], mask: 0x8000, packing
      ) {
        UInt64(500 + $0 / 72 % 200) + noise($0) >> 60
      },
      array(
        "deep", [365, 8, 9], .float32, [365, 8, 4], ["step", "y", "x"], mask: 0x7FC0_0000, []
      ) {
        UInt64((Float(280 + $0 / 72 % 20) + Float(noise($0) >> 58) * 0.01).bitPattern)
      },
      array("empty", shape, .int32, [5, 4, 3], ["time", "lat", "lon"], mask: 0x8000_0001, []) {
        _ in 0x8000_0001
      },
    ]
  }

  private func array(
    _ path: String, _ shape: [Int], _ type: DataType, _ chunk: [Int], _ names: [String],
    mask: UInt64?, _ attributes: [Attribute], _ bits: (Int) -> UInt64
  ) throws -> ConformanceArray {
    let spec = try ArraySpec(
      path: path, format: format, shape: shape, dataType: type, chunkShape: chunk,
      shardShape: isSharded && shape.count == 3 ? zip(chunk, [1, 2, 2]).map(*) : nil,
      compressor: compressor,
      fillBits: mask ?? (format == .v2 ? nil : 0), dimensionNames: names, attributes: attributes,
      maskFill: mask != nil)
    let bytes = (0..<shape.reduce(1, *)).flatMap { index in
      withUnsafeBytes(of: bits(index).littleEndian) { Array($0.prefix(type.byteCount)) }
    }
    return ConformanceArray(spec: spec, bytes: bytes)
  }
}
