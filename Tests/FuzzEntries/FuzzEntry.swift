/// The parsers that read what others wrote, each as one function of any bytes.
///
/// What holds for all of them, whatever the bytes: no trap, an end within a second, and no
/// allocation that the input's own size doesn't justify.
public enum FuzzEntry: String, CaseIterable, Sendable {
  /// NetCDF-3 headers, and reading what they describe.
  case classic
  /// HDF5's B-trees of chunks, and reading the tiles they point to.
  case chunkTree = "chunk-tree"
  /// Deflate, shuffle and fletcher32 in every order.
  case tile
  /// `.zarray`, `.zattrs`, `zarr.json` and consolidated metadata.
  case zarrMetadata = "zarr-metadata"
  /// Shards: their index and the chunks it points to.
  case zarrShard = "zarr-shard"
  /// Chunks by blosc, zstd, gzip, zlib and crc32c, whose frames may claim any size.
  case zarrChunk = "zarr-chunk"
  /// kerchunk's JSON, with templates and generators.
  case references
  /// Reference sets in zip, gzip and zstd.
  case referenceBundle = "reference-bundle"
  /// What S3 answers.
  case xml
  case pipeline
  case points

  /// Parses the bytes and forgets what came of it.
  public func run(_ bytes: [UInt8]) async {
    switch self {
    case .classic: await GranuleEntries.classic(bytes)
    case .chunkTree: await GranuleEntries.chunkTree(bytes)
    case .tile: GranuleEntries.tile(bytes)
    case .zarrMetadata: await ZarrEntries.metadata(bytes)
    case .zarrShard: await ZarrEntries.shard(bytes)
    case .zarrChunk: await ZarrEntries.chunk(bytes)
    case .references: await TextEntries.references(bytes)
    case .referenceBundle: await TextEntries.bundle(bytes)
    case .xml: TextEntries.xml(bytes)
    case .pipeline: TextEntries.pipeline(bytes)
    case .points: TextEntries.points(bytes)
    }
  }
}
