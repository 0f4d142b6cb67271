/// The library inside blosc that does the compressing.
public enum BloscName: String, Hashable, Sendable, Codable, CaseIterable {
  case zstd, lz4, lz4hc, zlib, blosclz
}

/// What blosc does to a chunk's bytes before it compresses them.
///
/// The raw value is the number Zarr v2 metadata uses.
public enum BloscShuffle: Int, Hashable, Sendable, Codable {
  case none = 0
  /// First bytes of all elements together, then the second bytes, and so on.
  case byte = 1
  /// The same with bits.
  case bit = 2

  /// The name Zarr v3 metadata uses.
  public var v3Name: String {
    switch self {
    case .none: "noshuffle"
    case .byte: "shuffle"
    case .bit: "bitshuffle"
    }
  }

  init?(v3Name: String) {
    switch v3Name {
    case "noshuffle": self = .none
    case "shuffle": self = .byte
    case "bitshuffle": self = .bit
    default: return nil
    }
  }
}

/// How an array's chunks are compressed once their elements are little-endian bytes.
public enum Compressor: Hashable, Sendable, Codable {
  /// Level 0 to 9.
  case blosc(cname: BloscName, level: Int, shuffle: BloscShuffle)
  /// Level 1 to 22.
  case zstd(level: Int)
  /// Level 0 to 9. Zarr v3 `gzip`; in Zarr v2 `zlib`, the one that every netcdf-c can read.
  case gzip(level: Int)
  case none

  /// The levels that Zarr readers accept; `nil` where there is none to choose.
  public var levels: ClosedRange<Int>? {
    switch self {
    case .blosc, .gzip: 0...9
    case .zstd: 1...22
    case .none: nil
    }
  }

  public var level: Int? {
    switch self {
    case .blosc(_, let level, _), .zstd(let level), .gzip(let level): level
    case .none: nil
    }
  }
}
