import Foundation
import NetCDF
import Storage
import Testing

/// A seeded generator (SplitMix64), so that a failure can be repeated.
struct SeededBits: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}

struct DamagedFileTests {
  enum Kind { case notNetCDF, damaged }

  @Test(arguments: [
    ("odd-netcdf/bad_begin.nc5", Kind.damaged), ("odd-netcdf/bad_cdf5_begin.nc", .damaged),
    ("odd-netcdf/bad_dimid.nc5", .damaged), ("odd-netcdf/bad_nattrs.nc5", .damaged),
    ("odd-netcdf/bad_ndims.nc5", .damaged), ("odd-netcdf/bad_nvars.nc5", .damaged),
    ("odd-netcdf/bad_tag_variable.nc5", .damaged), ("odd-netcdf/bad_xtype.nc5", .damaged),
    ("odd-netcdf/not_a_netcdf_file.nc", .notNetCDF), ("odd-netcdf/zeroLengthFile.nc", .notNetCDF),
  ])
  func `a damaged header is refused with its reason`(name: String, kind: Kind) async throws {
    let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
    let source = try await TestData.source(name)
    let error = await #expect(throws: GranuleError.self) {
      _ = try await parser.header(of: source)
    }
    #expect(error?.location == source.location)
    switch error?.reason {
    case .notNetCDF: #expect(kind == .notNetCDF)
    case .damaged: #expect(kind == .damaged)
    default: Issue.record("\(String(describing: error))")
    }
  }

  @Test func `a granule that is gone is absent, not damaged`() async throws {
    let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
    let key = try StoreKey("gone.nc")
    let info = ObjectInfo(key: key, byteCount: 100, etag: nil, modifiedSeconds: nil)
    for store: any ByteStore in [MemoryStore(), FolderStore(path: TestData.folder)] {
      let error = await #expect(throws: GranuleError.self) {
        _ = try await parser.header(of: GranuleSource(store: store, key: key, info: info))
      }
      #expect(error?.reason == .absent)
    }
  }

  /// Reads all there is; what can't be read throws, and nothing else happens.
  static func readAll(_ source: GranuleSource, _ parser: GranuleParser) async throws {
    let granule = try await parser.header(of: source)
    for variable in granule.variables where variable.elementByteCount != nil {
      let count = variable.shape.reduce(1) { $0.multipliedReportingOverflow(by: $1).partialValue }
      guard count < 1 << 20 else { continue }
      _ = try await parser.values(
        of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
    }
  }

  @Test(arguments: [
    "odd-netcdf/nc_test_cdf5.nc", "odd-netcdf/ref_nctest_classic.nc", "odd-netcdf/ubyte.nc",
    "odd-netcdf/testDimensionOrder.nc",
  ])
  func `NetCDF-3 cut anywhere or with flipped bits is read or refused`(name: String) async throws {
    let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
    let whole = try [UInt8](Data(contentsOf: URL(filePath: TestData.folder + "/" + name)))
    var random = SeededBits(state: 3)
    let step = max(1, whole.count / 300)
    for length in stride(from: 0, to: whole.count, by: step) {
      let source = try await TestData.inMemory("cut.nc", Array(whole.prefix(length)))
      try? await Self.readAll(source, parser)
    }
    for _ in 0..<300 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let position = Int.random(in: 0..<min(bytes.count, 4096), using: &random)
        bytes[position] = UInt8.random(in: .min ... .max, using: &random)
      }
      let source = try await TestData.inMemory("flipped.nc", bytes)
      try? await Self.readAll(source, parser)
    }
  }

  @Test func `NetCDF-3 cut before its last value is damaged`() async throws {
    let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
    let name = "odd-netcdf/testDimensionOrder.nc"
    let whole = try [UInt8](Data(contentsOf: URL(filePath: TestData.folder + "/" + name)))
    let source = try await TestData.inMemory("cut.nc", Array(whole.dropLast(8)))
    let error = await #expect(throws: GranuleError.self) {
      _ = try await parser.header(of: source)
    }
    guard case .damaged = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    "odd-hdf5/compressed.hdf5", "odd-hdf5/fletcher32.hdf5",
    "odd-hdf5/test_compressed_chunked_datasets_latest.hdf5", "odd-netcdf/test_unlim.nc",
    "odd-netcdf/test_groups1.nc",
    "ghrsst-l3s/20170201032000-ABOM-L3S_GHRSST-SSTskin-AVHRR_D-1d_day.subset-7x113.nc",
  ])
  func `HDF5 cut anywhere or with flipped bits costs itself alone`(name: String) async throws {
    let parser = GranuleParser(
      executable: TestData.executable, workers: 2, deadlineSeconds: 5)
    let whole = try [UInt8](Data(contentsOf: URL(filePath: TestData.folder + "/" + name)))
    var random = SeededBits(state: 5)
    for _ in 0..<40 {
      let length = Int.random(in: 0..<whole.count, using: &random)
      let source = try await TestData.inMemory("cut.nc", Array(whole.prefix(length)))
      await #expect(throws: GranuleError.self) { try await Self.readAll(source, parser) }
    }
    for _ in 0..<60 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let position = Int.random(in: 0..<bytes.count, using: &random)
        bytes[position] = UInt8.random(in: .min ... .max, using: &random)
      }
      let source = try await TestData.inMemory("flipped.nc", bytes)
      try? await Self.readAll(source, parser)
    }
    // The parser is as good as new.
    let source = try await TestData.inMemory("whole.nc", whole)
    _ = try await parser.header(of: source)
  }
}
