import CF
import Foundation
import NetCDF
import Storage
import Testing

struct NetCDFWriterTests {
  @Test func `what is written reads back, by us and by libnetcdf`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "a.nc").path
    let title = Attribute("title", .text("sea °C"))
    let writer = try NetCDFWriter(
      path: path, attributes: [title, Attribute("keywords", .texts(["a", "bc"]))])
    try writer.addDimension("time", length: nil)
    try writer.addDimension("x", length: 5)
    try writer.addDimension("length", length: 3)
    let attributes = [
      Attribute("scale_factor", .reals([0.25], .float32)),
      Attribute("flags", .integers([-1, 2], .int16)),
    ]
    try writer.addVariable(
      "sst", type: .int16, dimensions: ["time", "x"], chunkShape: [1, 3], deflateLevel: 4,
      shuffle: true, fletcher32: true, fillBits: 0x8000, attributes: attributes)
    try writer.addTextVariable("station", dimensions: ["time", "length"], attributes: [])
    let numbers: [Int16] = [1, 2, 3, 4, 5, -1, -2, -3, -4, -32768]
    try numbers.withUnsafeBytes { try writer.write("sst", $0) }
    try writer.writeText("station", ["ab", "cdef"])
    try writer.close()

    let source = try await TestData.source("a.nc", in: FolderStore(path: folder.path))
    let parser = GranuleParser(executable: nil, workers: 1, deadlineSeconds: 60)
    let granule = try await parser.header(of: source)
    #expect(granule.attributes.first?.value.text == "sea °C")
    #expect(granule.attributes["keywords"] == .texts(["a", "bc"]))
    let sst = try #require(granule.variable("sst"))
    #expect(sst.shape == [2, 5])
    #expect(sst.layout.tileShape == [1, 3])
    #expect(Set(sst.layout.filters) == [.shuffle(elementSize: 2), .fletcher32, .deflate(level: 4)])
    #expect(sst.attributes == [Attribute("_FillValue", .integers([-32768], .int16))] + attributes)
    let expected = numbers.withUnsafeBytes { Array($0) }
    let values = try await parser.values(
      of: sst, in: granule, from: source, region: [0..<2, 0..<5])
    #expect(values == expected)
    #expect(try LibNetCDF.values(path: path, variable: "sst", region: nil) == expected)
    #expect(
      try LibNetCDF.values(path: path, variable: "sst", region: [1..<2, 3..<5])
        == Array(expected.suffix(4)))
    let station = try #require(granule.variable("station"))
    let text = try await parser.values(
      of: station, in: granule, from: source, region: [0..<2, 0..<3])
    #expect(String(decoding: text, as: UTF8.self) == "ab\0cde")
  }
}
