import CF
import Foundation
import Storage
import Testing
import Zarr
import ZarrWriter

struct ConformanceMatrixTests {
  /// Where to leave the stores for `scripts/conformance/zarr_readback.py`: a folder named by
  /// `PIXELDRILL_ZARR_MATRIX`; memory without it.
  private static let folder = ProcessInfo.processInfo.environment["PIXELDRILL_ZARR_MATRIX"]

  private func store(_ name: String) throws -> any ByteStore {
    guard let folder = Self.folder else { return MemoryStore() }
    try FileManager.default.createDirectory(
      atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    return FolderStore(path: "\(folder)/\(name)")
  }

  @Test(arguments: ConformanceCase.all)
  func `every form we write reads back bit for bit`(form: ConformanceCase) async throws {
    let store = try store(form.name)
    let expected = try self.store("\(form.name).expected")
    let arrays = try form.arrays()
    for array in arrays {
      try await array.write(to: store)
      try await expected.write(array.bytes, to: StoreKey("\(array.spec.path).bin"))
    }
    let attributes = [
      Attribute("Conventions", .text("CF-1.8")),
      Attribute("northernmost_latitude", .reals([Double(Float(20.01))], .float32)),
    ]
    let writer = HierarchyWriter(
      format: form.format, attributes: attributes, arrays: arrays.map(\.spec))
    for object in writer.objects() { try await store.write(object.bytes, to: object.key) }

    let group = try await ZarrGroup.open(store: store)
    #expect(group.attributes["northernmost_latitude"]?.double == Double(Float(20.01)))
    #expect(Set(group.arrayNames) == Set(arrays.map(\.spec.path)))
    for array in arrays {
      let spec = array.spec
      let read = try group.array(spec.path)
      #expect(try await read.read(spec.shape.map { 0..<$0 }) == array.bytes, "\(spec.path)")
      #expect(read.metadata.maskedFillBits == (spec.maskFill ? spec.fillBits : nil))
      if spec.path == "empty", spec.shardShape == nil {
        // 2 of each 4 neighbouring chunks are absent.
        let objects = try await store.list(StoreKey("empty"), recursive: true).objects
        #expect(objects.count == spec.grid.chunks.count / 2 + (form.format == .v2 ? 2 : 1))
      }
    }
  }
}
