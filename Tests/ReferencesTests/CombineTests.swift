import CF
import NetCDF
import Storage
import Testing

@testable import References

struct CombineTests {
  @Test func `granules of other packing each are refused, with the largest error`() async throws {
    let sources = try await TestGranules.granules("ghrsst-l3s")
    let root = MemoryStore()
    let run = CombineRun(
      builder: ReferenceBuilder(parser: TestGranules.parser), root: root, width: 2)
    let error = await #expect(throws: ReferenceError.self) {
      try await run.run(sources, by: .month, skipBad: false)
    }
    guard case .combine(.packingDiffers(let conflict)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    // The two add_offset of the files: 294.217590332 and 294.078979492.
    let sst = try #require(conflict.entries.first { $0.variable == "sea_surface_temperature" })
    #expect(abs(try #require(sst.largestError) - 0.13861084) < 1e-8)
    #expect(sst.units == "kelvin")
    #expect("\(conflict)".contains("sea_surface_temperature: up to 0.139 kelvin"))
    // Flags have no packing that could differ.
    #expect(!conflict.entries.contains { $0.variable == "l2p_flags" })
    #expect(try await root.list(nil, recursive: true).objects.isEmpty)
  }

  @Test(arguments: [
    // Offsets alone; scales, over the valid range; over all that the type has.
    (Packing(packedType: .int16, scaleFactor: 0.5, addOffset: 3, missing: []), -10.0...10, 2.0),
    (Packing(packedType: .int16, scaleFactor: 1, addOffset: 1, missing: []), -10.0...10, 5.0),
    (Packing(packedType: .int16, scaleFactor: 1, addOffset: 2, missing: []), 0.0...10, 6.0),
  ])
  func `the largest error is at an end of the stored range`(
    other: Packing, range: ClosedRange<Double>, expected: Double
  ) {
    let packing = Packing(packedType: .int16, scaleFactor: 0.5, addOffset: 1, missing: [])
    #expect(
      PackingConflict.largestError(reading: other, as: packing, range) == expected)
  }

  @Test func `missing numbers that differ can't be measured`() {
    let packing = Packing(packedType: .int8, scaleFactor: nil, addOffset: nil, missing: [128])
    let other = Packing(packedType: .int8, scaleFactor: nil, addOffset: nil, missing: [])
    #expect(PackingConflict.largestError(reading: other, as: packing, -127...127) == nil)
  }

  @Test(arguments: [
    (
      ["20200101152000-ABOM-L3S_night.nc", "20200102152000-ABOM-L3S_night.nc"], "-ABOM-L3S_night"
    ),
    (["A.P1D.20220201T053000Z.aust.K_490.nc"], ".aust.K_490"),
    (["a.nc"], "-a"), (["a.nc", "b.nc"], ""),
  ])
  func `a combined set is named by what follows the date`(names: [String], suffix: String) {
    #expect(CombinePlan.suffix(of: names) == suffix)
  }

  @Test(arguments: [
    (
      ["s3://imos-data/IMOS/L3S-1d/ngt/2021/a.nc", "s3://imos-data/IMOS/L3S-1d/ngt/2021/b.nc"],
      "imos-data/IMOS/L3S-1d/ngt/"
    ),
    (
      ["s3://imos-data/IMOS/L3S-1d/ngt/2021/a.nc", "s3://imos-data/IMOS/L3S-1d/ngt/2022/b.nc"],
      "imos-data/IMOS/L3S-1d/ngt/"
    ),
    (["s3://bucket/a.nc"], "bucket/"), (["/data/a.nc"], ""),
  ])
  func `sets of a bucket are bundled under the archive's folder`(
    locations: [String], folder: String
  ) {
    #expect(ReferenceBundle.folder(of: locations) == folder)
  }

  @Test(arguments: [
    ([720, 1440], 2, [360, 1440]), ([7, 5], 4, [7, 5]), ([3, 1 << 20], 4, [1, 1 << 18]),
    ([], 8, []), ([4, 719, 1440], 2, [1, 1, 1440]),
  ])
  func `contiguous storage is cut evenly`(shape: [Int], byteCount: Int, chunk: [Int]) {
    #expect(ArrayBuilder.evenChunks(of: shape, byteCount) == chunk)
  }
}
