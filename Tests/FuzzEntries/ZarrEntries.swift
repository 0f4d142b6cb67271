import Storage
import Zarr

enum ZarrEntries {
  private static func store(_ objects: [(String, [UInt8])]) async throws -> MemoryStore {
    let store = MemoryStore()
    for (key, bytes) in objects { try await store.write(bytes, to: try StoreKey(key)) }
    return store
  }

  /// Reads a corner of every array of a store.
  private static func read(_ store: MemoryStore, _ names: [String]) async {
    for name in names.prefix(8) {
      do throws(ZarrError) {
        let array = try await ZarrArray.open(store: store, path: name)
        _ = array.metadata.packing
        // Chunks themselves may have 2 GiB by the format's rule; small ones are read.
        guard array.metadata.chunkByteCount <= 1 << 20, array.metadata.shape.count <= 4,
          (array.metadata.sharding?.chunkCount ?? 1) <= 1 << 16
        else { continue }
        _ = try await array.read(array.metadata.shape.map { 0..<min($0, 4) })
      } catch {}
    }
  }

  /// The first byte says which object the others are.
  static func metadata(_ bytes: [UInt8]) async {
    guard let choice = bytes.first else { return }
    let text = Array(bytes.dropFirst())
    let objects: [(String, [UInt8])] =
      switch choice % 4 {
      case 0: [("v/zarr.json", text)]
      case 1: [("v/.zarray", text), ("v/.zattrs", text)]
      case 2: [("zarr.json", text)]
      default: [(".zmetadata", text)]
      }
    do {
      let store = try await store(objects)
      let group = try await ZarrGroup.open(store: store)
      for name in group.arrayNames.prefix(8) {
        do { _ = try group.array(name).metadata.packing } catch {}
      }
      await read(store, ["v"])
    } catch {
      do { await read(try await store(objects), ["v"]) } catch {}
    }
  }

  /// An array of chunks of 48 bytes, four in a shard, or of one of 512 KiB, which is decoded in
  /// parts.
  private enum Form {
    case shards(indexAtStart: Bool)
    case small, large
  }

  private static func metadata(_ form: Form, codecs: String) -> [UInt8] {
    var chain = codecs
    var (shape, chunk) = ("[2, 5, 7]", "[2, 3, 4]")
    switch form {
    case .shards(let indexAtStart):
      chain = """
        [{"name": "sharding_indexed", "configuration": {"chunk_shape": [2, 3, 4],
          "codecs": \(codecs),
          "index_codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
          "index_location": "\(indexAtStart ? "start" : "end")"}}]
        """
      chunk = "[2, 6, 8]"
    case .small: break
    case .large: (shape, chunk) = ("[4, 256, 256]", "[4, 256, 256]")
    }
    return Array(
      """
      {"zarr_format": 3, "node_type": "array", "shape": \(shape), "data_type": "int16",
       "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": \(chunk)}},
       "chunk_key_encoding": {"name": "default"}, "fill_value": 0, "codecs": \(chain),
       "attributes": {}, "dimension_names": ["time", "y", "x"]}
      """.utf8)
  }

  private static let bytesCodec = #"{"name": "bytes", "configuration": {"endian": "little"}}"#

  private static let codecs = [
    "[\(bytesCodec)]",
    """
    [\(bytesCodec), {"name": "blosc", "configuration": {"typesize": 2, "cname": "zstd",
      "clevel": 1, "shuffle": "shuffle", "blocksize": 0}}]
    """,
    #"[\#(bytesCodec), {"name": "zstd", "configuration": {"level": 1, "checksum": false}}]"#,
    #"[\#(bytesCodec), {"name": "gzip", "configuration": {"level": 1}}]"#,
    #"[\#(bytesCodec), {"name": "zlib", "configuration": {"level": 1}}]"#,
    #"[\#(bytesCodec), {"name": "crc32c"}]"#,
  ]

  static func shard(_ bytes: [UInt8]) async {
    guard let choice = bytes.first else { return }
    await read(bytes, .shards(indexAtStart: choice & 8 != 0))
  }

  static func chunk(_ bytes: [UInt8]) async {
    guard let choice = bytes.first else { return }
    await read(bytes, choice & 8 != 0 ? .large : .small)
  }

  /// The first byte chooses the codecs.
  private static func read(_ bytes: [UInt8], _ form: Form) async {
    do {
      let metadata = metadata(form, codecs: codecs[Int((bytes.first ?? 0) & 7) % codecs.count])
      let store = try await store([
        ("v/zarr.json", metadata), ("v/c/0/0/0", Array(bytes.dropFirst())),
      ])
      _ = try await ZarrArray.open(store: store, path: "v").read([0..<2, 0..<3, 0..<5])
    } catch {}
  }
}
