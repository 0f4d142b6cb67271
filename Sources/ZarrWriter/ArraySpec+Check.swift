import CF
import Storage
public import Zarr

/// Why an array can't be written as asked.
public enum ArraySpecError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No node of a hierarchy may be called so.
  case badPath(String)
  case badGrid(path: String, ChunkGridError)
  /// The shard isn't a whole number of chunks along a dimension.
  case unevenShard(path: String, axis: Int, shard: Int, chunk: Int)
  case shardingNeedsV3(path: String)
  case shardedScalar(path: String)
  case dimensionNames(path: String, names: [String], rank: Int)
  /// More bytes than a chunk's compressor can take.
  case chunkTooLarge(path: String, byteCount: Int?, limit: Int)
  case compressionLevel(path: String, level: Int, allowed: ClosedRange<Int>)
  /// The fill value's bits don't fit the type.
  case fillOutOfRange(path: String, bits: UInt64)
  /// Zarr v3 has a fill value always.
  case fillMissing(path: String)
  /// Zarr v2 readers mask any fill value: there is one exactly when it is to be masked.
  case fillNotMasked(path: String)
  /// Zarr v2 has one NaN only; chunks left out would come back with other bits.
  case unusualNaN(path: String, bits: UInt64)

  public var description: String {
    switch self {
    case .badPath(let path): "“\(path)” can't be the path of a Zarr array"
    case .badGrid(let path, let error): "\(path): \(error)"
    case .unevenShard(let path, let axis, let shard, let chunk):
      "\(path): along dimension \(axis) a shard of \(shard) isn't a multiple of the chunk's \(chunk)"
    case .shardingNeedsV3(let path): "\(path): Zarr v2 has no shards"
    case .shardedScalar(let path): "\(path): a scalar can't be sharded"
    case .dimensionNames(let path, let names, let rank):
      "\(path): \(rank) distinct dimension names are needed, not \(names)"
    case .chunkTooLarge(let path, let byteCount, let limit):
      "\(path): a chunk of \(byteCount.map(String.init) ?? "countless") bytes;"
        + " at most \(limit) can be encoded"
    case .compressionLevel(let path, let level, let allowed):
      "\(path): compression level \(level); \(allowed.lowerBound) to \(allowed.upperBound) exist"
    case .fillOutOfRange(let path, let bits): "\(path): fill bits \(bits) don't fit the type"
    case .fillMissing(let path): "\(path): a Zarr v3 array needs a fill value"
    case .fillNotMasked(let path):
      "\(path): Zarr v2 readers mask the fill value: give it if and only if it is to be masked"
    case .unusualNaN(let path, let bits):
      "\(path): Zarr v2 can't store the NaN with bits \(bits) as fill value"
    }
  }
}

extension ArraySpec {
  func checkNames() throws(ArraySpecError) {
    let segments = path.split(separator: "/", omittingEmptySubsequences: false)
    let reserved = ["", ".", "..", "zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"]
    if !path.isEmpty {
      for segment in segments where segment.hasPrefix("__") || reserved.contains(String(segment)) {
        throw .badPath(path)
      }
    }
    guard dimensionNames.count == shape.count, Set(dimensionNames).count == dimensionNames.count
    else { throw .dimensionNames(path: path, names: dimensionNames, rank: shape.count) }
  }

  func checkSizes() throws(ArraySpecError) {
    if let shardShape {
      guard format == .v3 else { throw .shardingNeedsV3(path: path) }
      guard !shape.isEmpty else { throw .shardedScalar(path: path) }
      for axis in shape.indices where shardShape[axis] % chunkShape[axis] != 0 {
        throw .unevenShard(
          path: path, axis: axis, shard: shardShape[axis], chunk: chunkShape[axis])
      }
    }
    let limit = Blosc.maximumByteCount
    var byteCount = dataType.byteCount
    for extent in chunkShape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw .chunkTooLarge(path: path, byteCount: nil, limit: limit) }
      byteCount = product
    }
    guard byteCount <= limit else {
      throw .chunkTooLarge(path: path, byteCount: byteCount, limit: limit)
    }
    if let level = compressor.level, let allowed = compressor.levels, !allowed.contains(level) {
      throw .compressionLevel(path: path, level: level, allowed: allowed)
    }
  }

  func checkFill() throws(ArraySpecError) {
    if format == .v2, maskFill != (fillBits != nil) { throw .fillNotMasked(path: path) }
    guard let fillBits else {
      if format == .v3 { throw .fillMissing(path: path) }
      return
    }
    guard dataType.byteCount == 8 || fillBits >> UInt64(dataType.byteCount * 8) == 0 else {
      throw .fillOutOfRange(path: path, bits: fillBits)
    }
    if format == .v2, case .string(let text) = dataType.fillJSON(fillBits), text.hasPrefix("0x") {
      throw .unusualNaN(path: path, bits: fillBits)
    }
  }
}
