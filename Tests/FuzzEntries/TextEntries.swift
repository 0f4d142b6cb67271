import CF
import Drill
import Rechunk
import References
import S3
import Storage

enum TextEntries {
  static func references(_ bytes: [UInt8]) async {
    do {
      let set = try ReferenceSet(parsing: bytes, location: "fuzz")
      for name in set.arrayNames.prefix(16) {
        set.forEachReference(of: name) { _, _ in }
        do { _ = try set.metadata(of: name) } catch {}
      }
    } catch {}
  }

  /// Sets in a zip file, or compressed by themselves.
  static func bundle(_ bytes: [UInt8]) async {
    let store = MemoryStore()
    let names = ["refs.zip", "set.json"]
    for name in names {
      do {
        try await store.write(bytes, to: try StoreKey(name))
        let finder = ReferenceFinder { _ in (store, try StoreKey(name)) }
        for source in try await finder.sets(name).prefix(8) {
          do { _ = try await source.open() } catch {}
        }
      } catch {}
    }
  }

  static func xml(_ bytes: [UInt8]) { _ = XMLNode(bytes)?.text("Key") }

  static func pipeline(_ bytes: [UInt8]) {
    do throws(PipelineError) {
      _ = try Pipeline(
        yaml: String(decoding: bytes, as: UTF8.self), file: "fuzz.yaml",
        options: ConversionOptions(threads: 1))
    } catch {}
  }

  static func points(_ bytes: [UInt8]) {
    do throws(DrillError) {
      _ = try PointsFile.places(String(decoding: bytes, as: UTF8.self), name: "fuzz.csv")
    } catch {}
  }
}
