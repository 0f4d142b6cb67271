import CF
public import Storage

extension ArrayMetadata {
  /// Reads the metadata of a Zarr v3 array.
  ///
  /// - Parameters:
  ///   - v3: The content of `zarr.json`.
  ///   - key: Of `zarr.json`, for errors.
  ///
  /// Source: Zarr v3 core, "Array metadata".
  public init(v3: JSONObject, key: StoreKey) throws(ZarrError) {
    let document = MetadataDocument(key: key, object: v3)
    try document.checkMembers()
    shape = try document.shape("shape")
    let name = try document.value("data_type")
    guard let type = name.string.flatMap(DataType.init) else {
      throw document.unsupported("data_type \(name.text(indented: false))")
    }
    dataType = type
    let fill = try document.value("fill_value")
    fillBits = type.fillBits(of: fill)
    guard fillBits != nil else {
      throw document.bad("fill_value", "\(fill.text(indented: false)) is no \(type)")
    }
    let objectGrid = try document.chunkGrid(of: shape)
    chunkKeyEncoding = try document.chunkKeyEncoding()
    guard let codecs = try document.value("codecs").array else {
      throw document.bad("codecs", "isn't a list")
    }
    let first = try document.named(codecs.first, "codecs")
    if first.name == "sharding_indexed" {
      guard codecs.count == 1 else { throw document.unsupported("a codec after sharding_indexed") }
      let inner = try document.shape("chunk_shape", in: first.configuration)
      grid = try document.grid(of: shape, inner, "chunk_shape")
      sharding = try document.sharding(first.configuration, objectGrid, inner)
      guard let codecs = first.configuration["codecs"]?.array else {
        throw document.bad("codecs", "of sharding_indexed isn't a list")
      }
      self.codecs = try document.chain(codecs, chunkShape: inner, type)
    } else {
      grid = objectGrid
      sharding = nil
      self.codecs = try document.chain(codecs, chunkShape: objectGrid.chunkShape, type)
    }
    format = .v3
    fillIsMissing = false
    let names = v3["dimension_names"]?.array?.compactMap(\.string)
    dimensionNames = names?.count == shape.count ? names : nil
    attributes = document.attributes(v3["attributes"]?.object ?? [:], type: type)
  }
}

extension MetadataDocument {
  /// Refuses members that the specification doesn't know, unless they say they may be ignored.
  fileprivate func checkMembers() throws(ZarrError) {
    guard object["zarr_format"]?.int == 3 else { throw bad("zarr_format", "isn't 3") }
    guard object["node_type"]?.string == "array" else { throw bad("node_type", "isn't array") }
    let known = [
      "zarr_format", "node_type", "shape", "data_type", "chunk_grid", "chunk_key_encoding",
      "fill_value", "codecs", "attributes", "dimension_names",
    ]
    for member in object.members where !known.contains(member.name) {
      if member.value.object?["must_understand"]?.bool == false { continue }
      if member.name == "storage_transformers", member.value.array?.isEmpty == true { continue }
      throw unsupported("“\(member.name)” in the metadata")
    }
  }

  fileprivate func chunkGrid(of shape: [Int]) throws(ZarrError) -> ChunkGrid {
    let chunkGrid = try named(value("chunk_grid"), "chunk_grid")
    guard chunkGrid.name == "regular" else {
      throw unsupported("chunk_grid \(chunkGrid.name)")
    }
    return try grid(
      of: shape, self.shape("chunk_shape", in: chunkGrid.configuration), "chunk_grid")
  }

  fileprivate func chunkKeyEncoding() throws(ZarrError) -> ChunkKeyEncoding {
    let encoding = try named(value("chunk_key_encoding"), "chunk_key_encoding")
    let style: ChunkKeyEncoding.Style
    let usual: JSONValue
    switch encoding.name {
    case "default": (style, usual) = (.standard, "/")
    case "v2": (style, usual) = (.v2, ".")
    default: throw unsupported("chunk_key_encoding \(encoding.name)")
    }
    let separator = encoding.configuration["separator"] ?? usual
    guard let separator = separator.string.flatMap(ChunkKeyEncoding.Separator.init) else {
      throw bad("chunk_key_encoding", "has a separator that is neither / nor .")
    }
    return ChunkKeyEncoding(style: style, separator: separator)
  }

  fileprivate func sharding(
    _ configuration: JSONObject, _ grid: ChunkGrid, _ inner: [Int]
  ) throws(ZarrError) -> Sharding {
    guard !inner.isEmpty else { throw unsupported("a sharded scalar") }
    guard zip(grid.chunkShape, inner).allSatisfy({ $0 % $1 == 0 }) else {
      throw bad("chunk_shape", "\(inner) doesn't divide the shard's \(grid.chunkShape)")
    }
    let counts = zip(grid.chunkShape, inner).map { $0 / $1 }
    var chunkCount = 1
    for count in counts {
      let (product, overflow) = chunkCount.multipliedReportingOverflow(by: count)
      guard !overflow, product <= 1 << 26 else { throw unsupported("a shard of \(counts) chunks") }
      chunkCount = product
    }
    let location = configuration["index_location"] ?? "end"
    guard let location = location.string.flatMap(Sharding.IndexLocation.init) else {
      throw bad("index_location", "is neither start nor end")
    }
    guard let codecs = configuration["index_codecs"]?.array, !codecs.isEmpty else {
      throw bad("index_codecs", "isn't a list of codecs")
    }
    let bytes = try named(codecs[0], "index_codecs")
    guard bytes.name == "bytes",
      let order = bytes.configuration["endian"]?.string.flatMap(ByteOrder.init)
    else { throw unsupported("index_codecs that don't begin with bytes of known order") }
    let checksums = try codecs.dropFirst().map { (codec) throws(ZarrError) in
      try named(codec, "index_codecs").name
    }
    guard checksums.isEmpty || checksums == ["crc32c"] else {
      throw unsupported("index_codecs \(checksums)")
    }
    return Sharding(
      grid: grid, chunksPerShard: counts, indexLocation: location, indexByteOrder: order,
      indexHasChecksum: !checksums.isEmpty)
  }

  /// The codecs of a chunk: at most one `transpose`, `bytes`, then codecs from bytes to bytes.
  fileprivate func chain(
    _ values: [JSONValue], chunkShape: [Int], _ type: DataType
  ) throws(ZarrError) -> CodecChain {
    var transposition: [Int]?
    var byteOrder: ByteOrder?
    var codecs: [any BytesCodec] = []
    for value in values {
      let codec = try named(value, "codecs")
      switch codec.name {
      case "transpose" where byteOrder == nil && transposition == nil:
        guard let order = codec.configuration["order"]?.ints,
          order.sorted() == Array(chunkShape.indices)
        else { throw unsupported("transpose without an order of \(chunkShape.count) dimensions") }
        transposition = order
      case "bytes" where byteOrder == nil:
        let endian = codec.configuration["endian"]
        let usual: ByteOrder? = endian == nil && type.byteCount == 1 ? .little : nil
        byteOrder = endian?.string.flatMap(ByteOrder.init) ?? usual
        guard byteOrder != nil else { throw bad("codecs", "has bytes of no known order") }
      case "sharding_indexed": throw unsupported("a shard within a shard")
      default:
        guard byteOrder != nil else { throw unsupported("codec \(codec.name) before bytes") }
        codecs.append(try bytesCodec(codec.name, codec.configuration))
      }
    }
    guard let byteOrder else { throw bad("codecs", "lacks bytes") }
    return CodecChain(
      chunkShape: chunkShape, chunkByteCount: try byteCount(ofChunk: chunkShape, type),
      elementSize: type.byteCount, transposition: transposition, byteOrder: byteOrder,
      codecs: codecs)
  }
}
