package import CF
package import Zarr

extension ArraySpec {
  /// The content of an array's `zarr.json`.
  ///
  /// Source: Zarr v3 core, "Array metadata".
  var v3Metadata: JSONValue {
    let integers = { (values: [Int]) in JSONValue.array(values.map { .integer(Int64($0)) }) }
    var metadata: JSONObject = [
      "zarr_format": 3,
      "node_type": "array",
      "shape": integers(shape),
      "data_type": .string(dataType.rawValue),
      "chunk_grid": [
        "name": "regular", "configuration": ["chunk_shape": integers(objectGrid.chunkShape)],
      ],
      "chunk_key_encoding": ["name": "default", "configuration": ["separator": "/"]],
      "fill_value": dataType.fillJSON(fillBits ?? 0),
    ]
    if shardShape == nil {
      metadata.append("codecs", .array(chunkCodecs))
    } else {
      metadata.append(
        "codecs",
        [
          [
            "name": "sharding_indexed",
            "configuration": [
              "chunk_shape": integers(chunkShape),
              "codecs": .array(chunkCodecs),
              "index_codecs": [
                ["name": "bytes", "configuration": ["endian": "little"]], ["name": "crc32c"],
              ],
              "index_location": "end",
            ],
          ]
        ])
    }
    var attributes = JSONObject(attributes)
    if maskFill, let fillBits {
      attributes = JSONObject(
        [("_FillValue", dataType.fillAttribute(fillBits))]
          + attributes.members.map { ($0.name, $0.value) })
    }
    metadata.append("attributes", .object(attributes))
    metadata.append("dimension_names", .array(dimensionNames.map(JSONValue.string)))
    return .object(metadata)
  }

  /// From elements to stored bytes. The checksum comes last, so that a flipped bit is noticed
  /// before anything is decoded.
  private var chunkCodecs: [JSONValue] {
    var codecs: [JSONValue] =
      dataType.byteCount == 1
      ? [["name": "bytes"]] : [["name": "bytes", "configuration": ["endian": "little"]]]
    switch compressor {
    case .blosc(let cname, let level, let shuffle):
      codecs.append([
        "name": "blosc",
        "configuration": [
          "typesize": .integer(Int64(dataType.byteCount)),
          "cname": .string(cname.rawValue),
          "clevel": .integer(Int64(level)),
          "shuffle": .string(shuffle.v3Name),
          "blocksize": 0,
        ],
      ])
    case .zstd(let level):
      codecs.append([
        "name": "zstd", "configuration": ["level": .integer(Int64(level)), "checksum": false],
      ])
    case .gzip(let level):
      codecs.append(["name": "gzip", "configuration": ["level": .integer(Int64(level))]])
    case .none: break
    }
    codecs.append(["name": "crc32c"])
    return codecs
  }

  /// The content of an array's `.zarray`.
  ///
  /// Source: Zarr v2, "Arrays".
  var v2Metadata: JSONValue {
    let compressor: JSONValue =
      switch compressor {
      case .blosc(let cname, let level, let shuffle):
        [
          "id": "blosc", "cname": .string(cname.rawValue), "clevel": .integer(Int64(level)),
          "shuffle": .integer(Int64(shuffle.rawValue)), "blocksize": 0,
        ]
      case .zstd(let level): ["id": "zstd", "level": .integer(Int64(level))]
      case .gzip(let level): ["id": "zlib", "level": .integer(Int64(level))]
      case .none: .null
      }
    return [
      "zarr_format": 2,
      "shape": .array(shape.map { .integer(Int64($0)) }),
      "chunks": .array(chunkShape.map { .integer(Int64($0)) }),
      "dtype": .string(dataType.v2Name),
      "compressor": compressor,
      "fill_value": fillBits.map(dataType.fillJSON) ?? .null,
      "order": "C",
      "filters": .null,
      "dimension_separator": ".",
    ]
  }

  /// The content of an array's `.zattrs`. No `_FillValue`: readers take `fill_value` for it.
  var v2Attributes: JSONValue {
    var object: JSONObject = [
      "_ARRAY_DIMENSIONS": .array(dimensionNames.map(JSONValue.string))
    ]
    for member in JSONObject(attributes).members { object.append(member.name, member.value) }
    return .object(object)
  }
}

extension DataType {
  /// The attribute `_FillValue` as xarray wants it in Zarr v3: an integer plain, a float as
  /// base64 of its little-endian Double, for `float32` too.
  ///
  /// Source: xarray, `backends/zarr.py`, `FillValueCoder`.
  func fillAttribute(_ bits: UInt64) -> JSONValue {
    guard isFloatingPoint else { return fillJSON(bits) }
    let double =
      self == .float32
      ? Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))).bitPattern : bits
    return .string(Base64.encode(withUnsafeBytes(of: double.littleEndian) { Array($0) }))
  }
}

extension JSONObject {
  /// Attributes as JSON: text as a string; one number as a number, several as an array; `float32`
  /// numbers with all digits of their exact value. A number that isn't finite becomes the string
  /// `NaN`, `Infinity` or `-Infinity`, since JSON has none.
  ///
  /// Left out are names that mean something to Zarr readers themselves (`_FillValue`,
  /// `_ARRAY_DIMENSIONS`, those beginning `_nc`), a name's second use, and a `missing_value` of
  /// NaN, which says nothing.
  package init(_ attributes: [Attribute]) {
    self.init()
    var names: Set = ["_FillValue", "_ARRAY_DIMENSIONS"]
    for attribute in attributes
    where !attribute.name.lowercased().hasPrefix("_nc")
      && names.insert(attribute.name).inserted
    {
      if attribute.name == "missing_value", case .reals(let values, _) = attribute.value,
        values.allSatisfy(\.isNaN)
      {
        continue
      }
      append(attribute.name, JSONValue(attribute.value))
    }
  }
}

extension JSONValue {
  fileprivate init(_ value: AttributeValue) {
    let values: [JSONValue]
    switch value {
    case .text(let text):
      self = .string(text)
      return
    case .texts(let texts): values = texts.map(JSONValue.string)
    case .integers(let integers, .uint64):
      values = integers.map { $0 < 0 ? .unsigned(UInt64(bitPattern: $0)) : .integer($0) }
    case .integers(let integers, _): values = integers.map(JSONValue.integer)
    case .reals(let reals, _): values = reals.map(JSONValue.number)
    }
    self = values.count == 1 ? values[0] : .array(values)
  }
}
