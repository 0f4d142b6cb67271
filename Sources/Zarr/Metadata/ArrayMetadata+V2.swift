import CF
public import Storage

extension ArrayMetadata {
  /// Reads the metadata of a Zarr v2 array.
  ///
  /// - Parameters:
  ///   - v2: The content of `.zarray`.
  ///   - attributes: The content of `.zattrs`; empty if there is none.
  ///   - key: Of `.zarray`, for errors.
  ///   - fillIsMissing: Whether `fill_value` says what is missing, as it does to xarray; else only
  ///     the attribute `_FillValue` does.
  ///
  /// Source: Zarr v2, "Arrays".
  public init(
    v2: JSONObject, attributes: JSONObject, key: StoreKey, fillIsMissing: Bool = true
  ) throws(ZarrError) {
    let document = MetadataDocument(key: key, object: v2)
    guard v2["zarr_format"]?.int == 2 else { throw document.bad("zarr_format", "isn't 2") }
    shape = try document.shape("shape")
    let chunkShape = try document.shape("chunks")
    grid = try document.grid(of: shape, chunkShape, "chunks")
    let dtype = try document.value("dtype")
    let moments = dtype.string.flatMap(Self.units(ofMoments:))
    guard
      let (type, byteOrder) = moments.map({ _ in (.int64, .little) })
        ?? dtype.string.flatMap(DataType.parse(v2Name:))
    else {
      throw document.unsupported("dtype \(dtype.text(indented: false))")
    }
    dataType = type
    let fill = try document.value("fill_value")
    let isNoMoment = moments != nil && fill == "NaT"
    fillBits = isNoMoment ? UInt64(bitPattern: Int64.min) : type.fillBits(of: fill)
    guard fill.isNull || fillBits != nil else {
      throw document.bad("fill_value", "\(fill.text(indented: false)) is no \(type)")
    }
    let transposition: [Int]?
    switch try document.value("order").string {
    case "C": transposition = nil
    case "F": transposition = Array(shape.indices.reversed())
    default: throw document.bad("order", "is neither C nor F")
    }
    let separator = v2["dimension_separator"] ?? "."
    guard let separator = separator.string.flatMap(ChunkKeyEncoding.Separator.init) else {
      throw document.bad("dimension_separator", "is neither . nor /")
    }
    let filters = try document.value("filters")
    guard filters.isNull || filters.array != nil else {
      throw document.bad("filters", "is neither a list nor null")
    }
    var configurations = filters.array ?? []
    let compressor = try document.value("compressor")
    if !compressor.isNull { configurations.append(compressor) }
    var codecs: [any BytesCodec] = []
    for configuration in configurations {
      guard let object = configuration.object, let id = object["id"]?.string else {
        throw document.bad("compressor", "or a filter has no id")
      }
      codecs.append(try document.bytesCodec(id, object))
    }
    self.codecs = CodecChain(
      chunkShape: chunkShape, chunkByteCount: try document.byteCount(ofChunk: chunkShape, type),
      elementSize: type.byteCount, transposition: transposition, byteOrder: byteOrder,
      codecs: codecs)
    format = .v2
    self.fillIsMissing = fillIsMissing
    sharding = nil
    chunkKeyEncoding = ChunkKeyEncoding(style: .v2, separator: separator)
    let names = attributes["_ARRAY_DIMENSIONS"]?.array?.compactMap(\.string)
    dimensionNames = names?.count == shape.count ? names : nil
    let stored = document.attributes(attributes, type: type)
    self.attributes = stored + (moments.map { [Attribute("units", .text($0))] } ?? [])
  }

  /// The CF units of NumPy's `datetime64`, a count since 1970, as sets that kerchunk combined have
  /// their time; `nil` for another type, and for nanoseconds, which no calendar here knows.
  private static func units(ofMoments dtype: String) -> String? {
    guard dtype.hasPrefix("<M8["), dtype.hasSuffix("]") else { return nil }
    let units = [
      "D": "days", "h": "hours", "m": "minutes", "s": "seconds", "ms": "milliseconds",
      "us": "microseconds",
    ]
    return units[String(dtype.dropFirst(4).dropLast())].map { "\($0) since 1970-01-01" }
  }
}
