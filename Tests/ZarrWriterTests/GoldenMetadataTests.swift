import CF
import Storage
import Testing
import Zarr
import ZarrWriter

/// The bytes of metadata, written by hand from the specification and from what xarray asks.
struct GoldenMetadataTests {
  private func text(_ writer: HierarchyWriter) -> [(String, String)] {
    writer.objects().map { ($0.key.text, String(decoding: $0.bytes, as: UTF8.self)) }
  }

  @Test func `a sharded float array in a Zarr v3 group`() throws {
    let sst = try ArraySpec(
      path: "sst", format: .v3, shape: [365, 4500, 6000], dataType: .float32,
      chunkShape: [365, 25, 25], shardShape: [365, 750, 1000],
      compressor: .blosc(cname: .zstd, level: 1, shuffle: .byte), fillBits: 0x7FC0_0000,
      dimensionNames: ["time", "lat", "lon"],
      attributes: [
        Attribute("units", .text("kelvin")),
        Attribute("_FillValue", .integers([-32768], .int16)),
        Attribute("valid_min", .reals([Double(Float(271.15))], .float32)),
        Attribute("_NCProperties", .text("version=2")),
        Attribute("missing_value", .reals([.nan], .float32)),
      ], maskFill: true)
    let objects = text(
      HierarchyWriter(
        format: .v3, attributes: [Attribute("title", .text("L3S “night”\n"))], arrays: [sst]))
    #expect(objects.map(\.0) == ["sst/zarr.json", "zarr.json"])
    #expect(
      objects[0].1 == """
        {
          "zarr_format": 3,
          "node_type": "array",
          "shape": [365, 4500, 6000],
          "data_type": "float32",
          "chunk_grid": {
            "name": "regular",
            "configuration": {
              "chunk_shape": [365, 750, 1000]
            }
          },
          "chunk_key_encoding": {
            "name": "default",
            "configuration": {
              "separator": "/"
            }
          },
          "fill_value": "NaN",
          "codecs": [
            {
              "name": "sharding_indexed",
              "configuration": {
                "chunk_shape": [365, 25, 25],
                "codecs": [
                  {
                    "name": "bytes",
                    "configuration": {
                      "endian": "little"
                    }
                  },
                  {
                    "name": "blosc",
                    "configuration": {
                      "typesize": 4,
                      "cname": "zstd",
                      "clevel": 1,
                      "shuffle": "shuffle",
                      "blocksize": 0
                    }
                  },
                  {
                    "name": "crc32c"
                  }
                ],
                "index_codecs": [
                  {
                    "name": "bytes",
                    "configuration": {
                      "endian": "little"
                    }
                  },
                  {
                    "name": "crc32c"
                  }
                ],
                "index_location": "end"
              }
            }
          ],
          "attributes": {
            "_FillValue": "AAAAAAAA+H8=",
            "units": "kelvin",
            "valid_min": 271.1499938964844
          },
          "dimension_names": ["time", "lat", "lon"]
        }
        """)
    #expect(
      objects[1].1.hasPrefix(
        #"{"zarr_format": 3, "node_type": "group", "attributes": {"title": "L3S “night”\n"}, "#
          + #""consolidated_metadata": {"kind": "inline", "must_understand": false, "metadata": "#
          + #"{"sst": {"zarr_format": 3, "#))
  }

  @Test func `packed integers and a coordinate in a Zarr v2 group`() throws {
    let bias = try ArraySpec(
      path: "bias", format: .v2, shape: [2, 3], dataType: .int16, chunkShape: [2, 2],
      compressor: .gzip(level: 4), fillBits: 0x8000, dimensionNames: ["time", "lat"],
      attributes: [Attribute("scale_factor", .reals([0.01], .float64))], maskFill: true)
    let time = try ArraySpec(
      path: "time", format: .v2, shape: [2], dataType: .int64, chunkShape: [2],
      compressor: .none, fillBits: nil, dimensionNames: ["time"], maskFill: false)
    let objects = text(HierarchyWriter(format: .v2, attributes: [], arrays: [time, bias]))
    #expect(
      objects.map(\.0) == [
        "time/.zarray", "time/.zattrs", "bias/.zarray", "bias/.zattrs", ".zgroup", ".zattrs",
        ".zmetadata",
      ])
    #expect(
      objects[6].1 == """
        {
          "metadata": {
            ".zgroup": {
              "zarr_format": 2
            },
            ".zattrs": {},
            "bias/.zarray": {
              "zarr_format": 2,
              "shape": [2, 3],
              "chunks": [2, 2],
              "dtype": "<i2",
              "compressor": {
                "id": "zlib",
                "level": 4
              },
              "fill_value": -32768,
              "order": "C",
              "filters": null,
              "dimension_separator": "."
            },
            "bias/.zattrs": {
              "_ARRAY_DIMENSIONS": ["time", "lat"],
              "scale_factor": 0.01
            },
            "time/.zarray": {
              "zarr_format": 2,
              "shape": [2],
              "chunks": [2],
              "dtype": "<i8",
              "compressor": null,
              "fill_value": null,
              "order": "C",
              "filters": null,
              "dimension_separator": "."
            },
            "time/.zattrs": {
              "_ARRAY_DIMENSIONS": ["time"]
            }
          },
          "zarr_consolidated_format": 1
        }
        """)
  }

  /// The base64 texts are xarray's: `FillValueCoder.encode(value, dtype)`.
  @Test(arguments: [
    (DataType.float32, UInt64(0x42C8_0000), "100.0", "\"AAAAAAAAWUA=\""),
    (.float64, 0x4059_0000_0000_0000, "100.0", "\"AAAAAAAAWUA=\""),
    (.float64, 0x7FF8_0000_0000_0000, "\"NaN\"", "\"AAAAAAAA+H8=\""),
    (.float32, 0xFF80_0000, "\"-Infinity\"", "\"AAAAAAAA8P8=\""),
    (.float32, 0x7FC0_0001, "\"0x7fc00001\"", "\"AAAAIAAA+H8=\""),
    (.int8, 0x80, "-128", "-128"),
    (.uint8, 0xFF, "255", "255"),
    (.int32, 0x8000_0001, "-2147483647", "-2147483647"),
    (.uint64, .max, "18446744073709551615", "18446744073709551615"),
  ]) func `a fill value is written as Zarr v3 and xarray want it`(
    type: DataType, bits: UInt64, fill: String, attribute: String
  ) throws {
    let spec = try ArraySpec(
      path: "", format: .v3, shape: [], dataType: type, chunkShape: [], compressor: .none,
      fillBits: bits, dimensionNames: [], maskFill: true)
    let objects = text(HierarchyWriter(format: .v3, attributes: [], arrays: [spec]))
    #expect(objects.map(\.0) == ["zarr.json"])
    #expect(objects[0].1.contains("\"fill_value\": \(fill),\n"))
    #expect(objects[0].1.contains("\"_FillValue\": \(attribute)\n"))
  }

  @Test func `nested groups have metadata of their own, and are consolidated by depth`() throws {
    let arrays = try ["b/x", "a", "b/c/y"].map {
      try ArraySpec(
        path: $0, format: .v3, shape: [1], dataType: .int8, chunkShape: [1], compressor: .none,
        fillBits: 0, dimensionNames: ["d"], maskFill: false)
    }
    let objects = HierarchyWriter(format: .v3, attributes: [], arrays: arrays).objects()
    #expect(
      objects.map(\.key.text) == [
        "b/x/zarr.json", "a/zarr.json", "b/c/y/zarr.json", "b/c/zarr.json", "b/zarr.json",
        "zarr.json",
      ])
    let root = try JSONValue(parsing: try #require(objects.last).bytes)
    let names = root.object?["consolidated_metadata"]?.object?["metadata"]?.object?.names
    #expect(names == ["a", "b", "b/c", "b/x", "b/c/y"])
  }
}
