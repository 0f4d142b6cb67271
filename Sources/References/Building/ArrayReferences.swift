internal import CF
internal import NetCDF
internal import Zarr
internal import ZarrWriter

/// One variable as a Zarr v2 array whose chunks lie in a granule.
///
/// - Invariant: `chunks` are in C order of the chunk grid; absent ones are all `fill`.
struct ArrayReferences: Sendable {
  enum Bytes: Hashable, Sendable {
    case inline([UInt8])
    case range(Range<Int>)
  }

  struct Chunk: Hashable, Sendable {
    var coordinates: [Int]
    let bytes: Bytes
    /// Which of the set's targets the range lies in.
    var target = 0
  }

  let name: String
  var shape: [Int]
  var chunkShape: [Int]
  /// As NumPy writes it: `<i2`.
  var typeName: String
  /// numcodecs configurations, in the order in which they were applied in writing.
  var filters: [JSONValue]
  /// `null`: every chunk is there.
  var fill: JSONValue
  let dimensions: [String]
  var attributes: JSONObject
  var chunks: [Chunk]

  /// The content of `.zarray`.
  ///
  /// Source: Zarr v2, "Arrays". An empty list of filters is refused by some readers.
  var arrayDocument: JSONValue {
    let integers = { (values: [Int]) in JSONValue.array(values.map { .integer(Int64($0)) }) }
    return [
      "zarr_format": 2, "shape": integers(shape), "chunks": integers(chunkShape),
      "dtype": .string(typeName), "compressor": .null, "fill_value": fill, "order": "C",
      "filters": filters.isEmpty ? .null : .array(filters), "dimension_separator": ".",
    ]
  }

  /// The content of `.zattrs`.
  var attributesDocument: JSONValue {
    var object: JSONObject = ["_ARRAY_DIMENSIONS": .array(dimensions.map(JSONValue.string))]
    for member in attributes.members { object.append(member.name, member.value) }
    return .object(object)
  }
}

extension Granule {
  /// The attributes of the root group, as Zarr has them.
  var attributesObject: JSONObject { JSONObject(attributes) }
}

extension Variable {
  /// The NumPy name of the type of the stored numbers; `nil` for what is neither number nor text.
  var typeName: String? {
    switch type {
    case .number(let type):
      layout.isBigEndian && type.byteCount > 1 ? ">" + type.v2Name.dropFirst() : type.v2Name
    case .text: "|S1"
    case .unsupported: nil
    }
  }

  /// The dimensions' names, without the groups they are in.
  var dimensionNames: [String] {
    dimensions.map { String($0.split(separator: "/").last ?? "") }
  }

  /// Whether the variable labels its own dimension.
  var isCoordinate: Bool {
    dimensions.count == 1 && dimensionNames[0] == name.split(separator: "/").last.map(String.init)
  }

  var attributesObject: JSONObject { JSONObject(attributes) }

  /// The attribute `_FillValue` as Zarr v2 has it, and its bits; `nil` if there is none.
  var fillValue: (json: JSONValue, bits: UInt64)? {
    guard let dataType, let bits = attributes["_FillValue"]?.bitPatterns(as: dataType).first else {
      return nil
    }
    return (dataType.v2FillJSON(bits), bits)
  }
}

extension DataType {
  /// Zarr v2 knows but one NaN.
  func v2FillJSON(_ bits: UInt64) -> JSONValue {
    let json = fillJSON(bits)
    if isFloatingPoint, let text = json.string, text.hasPrefix("0x") { return "NaN" }
    return json
  }
}

extension Filter {
  /// The numcodecs configuration.
  var json: JSONValue {
    switch self {
    case .shuffle(let size): ["id": "shuffle", "elementsize": .integer(Int64(size))]
    case .deflate(let level): ["id": "zlib", "level": .integer(Int64(level))]
    case .fletcher32: ["id": "fletcher32"]
    case .other(_, let name): ["id": .string(name)]
    }
  }
}
