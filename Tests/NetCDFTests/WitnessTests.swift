import CF
import NetCDF
import Storage
import Testing

/// What libnetcdf says of a granule, told by a process that it can't take down.
struct WitnessTests {
  private let parser = GranuleParser(
    executable: TestData.executable, workers: 1, deadlineSeconds: 20)

  @Test(arguments: [
    "ghrsst-l3s/20170201032000-ABOM-L3S_GHRSST-SSTskin-AVHRR_D-1d_day.subset-7x113.nc",
    "stacks/tos/tos_O1_2001-2002.nc", "odd-netcdf/ref_nctest_classic.nc",
    "odd-netcdf/nc_test_cdf5.nc", "stacks/pathfinder/pathfinder-unsigned-20030101.nc",
  ])
  func `libnetcdf and our own parsing agree on numbers and attributes`(name: String) async throws {
    for source in [try await TestData.source(name), try await TestData.inMemory(name)] {
      let granule = try await parser.header(of: source)
      let witness = try await parser.witness(of: source)
      #expect(!witness.variables.isEmpty)
      #expect(granule.attributes == witness.attributes)
      for variable in witness.variables {
        let own = try #require(granule.variable(variable.name))
        #expect(own.dataType == variable.type)
        #expect(own.dimensions == variable.dimensions.map(\.name))
        #expect(own.shape == variable.dimensions.map(\.length))
        #expect(own.attributes == variable.attributes, "\(variable.name)")
      }
      let numbers = witness.variables.filter { $0.type != nil }
      let read = try await parser.witnessed(
        numbers.map { Window(variable: $0.name, region: nil) }, in: source)
      for (variable, bytes) in zip(numbers, read) {
        let own = try #require(granule.variable(variable.name))
        let values = try await parser.values(
          of: own, in: granule, from: source, region: own.shape.map { 0..<$0 })
        #expect(values == bytes, "\(variable.name)")
      }
    }
  }

  @Test func `a window is a part of a variable`() async throws {
    let source = try await TestData.source("stacks/tos/tos_O1_2001-2002.nc")
    let variable = try #require(
      try await parser.witness(of: source).variables.first { $0.dimensions.count == 3 })
    let shape = variable.dimensions.map(\.length)
    let whole = try await parser.witnessed(
      [Window(variable: variable.name, region: nil)], in: source)[0]
    let part = try await parser.witnessed(
      [Window(variable: variable.name, region: [1..<2, 3..<4, 5..<9])], in: source)[0]
    let size = try #require(variable.type).byteCount
    let start = ((1 * shape[1] + 3) * shape[2] + 5) * size
    #expect(part == Array(whole[start..<start + 4 * size]))
  }

  @Test(arguments: [
    Window(variable: "none", region: nil), Window(variable: "lat", region: [0..<1, 0..<1]),
    Window(variable: "lat", region: [0..<1 << 40]),
  ])
  func `a window that isn't there is refused`(window: Window) async throws {
    let source = try await TestData.source("stacks/tos/tos_O1_2001-2002.nc")
    await #expect(throws: GranuleError.self) {
      _ = try await parser.witnessed([window], in: source)
    }
  }

  @Test func `a header that crashes libnetcdf costs itself alone`() async throws {
    let bad = try await TestData.source("odd-netcdf/bad_ndims.nc5")
    await #expect(throws: GranuleError.self) { _ = try await parser.witness(of: bad) }
    let good = try await TestData.source("stacks/tos/tos_O1_2001-2002.nc")
    _ = try await parser.witness(of: good)
  }
}
