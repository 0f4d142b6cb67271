import CF
import NetCDF
import Storage
import Testing

struct GranuleParserTests {
  static let file =
    "ghrsst-l3s/20170201032000-ABOM-L3S_GHRSST-SSTskin-AVHRR_D-1d_day.subset-7x113.nc"

  @Test(arguments: [nil, TestData.executable], [false, true])
  func `a granule reads the same here and in a child, from a file and from memory`(
    executable: String?, isInMemory: Bool
  ) async throws {
    let parser = GranuleParser(executable: executable, workers: 2, deadlineSeconds: 60)
    let source =
      isInMemory
      ? try await TestData.inMemory(Self.file) : try await TestData.source(Self.file)
    let granule = try await parser.header(of: source)
    #expect(granule.format == .hdf5)
    #expect(granule.dimensions.map(\.name) == ["lat", "lon", "time"])
    #expect(granule.dimensions.map(\.length) == [7, 113, 1])
    for variable in granule.variables {
      let values = try await parser.values(
        of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
      let expected = try LibNetCDF.values(
        path: "\(TestData.folder)/\(Self.file)", variable: variable.name, region: nil)
      #expect(values == expected, "\(variable.name)")
    }
  }
}
