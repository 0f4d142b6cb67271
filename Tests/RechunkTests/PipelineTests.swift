import CF
import Foundation
import Testing
import Zarr

@testable import Rechunk

struct PipelineTests {
  private let options = ConversionOptions(threads: 1)

  static let files: [URL] = {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("pipelines")
    let all = try? FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    return (all ?? []).filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
  }()

  @Test func `there are pipelines`() { #expect(Self.files.count >= 2) }

  @Test(arguments: files)
  func `every pipeline of the project decodes`(file: URL) throws {
    let text = try String(contentsOf: file, encoding: .utf8)
    let pipeline = try Pipeline(yaml: text, file: file.lastPathComponent, options: options)
    #expect(pipeline.product?.isEmpty == false)
    #expect(!pipeline.inputs.isEmpty)
    #expect(!pipeline.options.policies.isEmpty)
  }

  @Test func `a pipeline says all that a conversion needs`() throws {
    let pipeline = try Pipeline(
      yaml: """
        product: p
        inputs: [a, b]
        to: s3://bucket/root
        years: 2010..2012
        variables:
          sst: unpack
          flags: keep
          wind: drop
          bias:
            repack: {type: int16, scale_factor: 0.01, add_offset: 273.15}
        other_variables: drop
        zarr_format: 2
        chunk: 64
        codec: blosc:lz4:3:bitshuffle
        duplicates: last
        """, file: "p.yaml", options: options)
    #expect(pipeline.inputs == ["a", "b"])
    #expect(pipeline.target == "s3://bucket/root")
    #expect(pipeline.options.years == 2010...2012)
    #expect(pipeline.options.variables == ["bias", "flags", "sst", "wind"])
    #expect(pipeline.options.policies["wind"] == .drop)
    #expect(
      pipeline.options.policies["bias"]
        == .repack(Repacking(type: .int16, scaleFactor: 0.01, addOffset: 273.15)))
    #expect(pipeline.options.format == .v2)
    #expect(pipeline.options.chunk == [64, 64])
    #expect(pipeline.options.duplicates == .last)
    #expect(
      pipeline.options.codec == .fixed(.blosc(cname: .lz4, level: 3, shuffle: .bit)))
  }

  @Test(arguments: [
    ("product: p\nchunks: 25x25\n", 2, "did you mean “chunk”?"),
    ("product: p\nvariables:\n  sst: unpak\n", 3, "did you mean “unpack”?"),
    ("product: p\nzarr_format: 4\n", 2, "none of 2, 3"),
    ("product: p\nchunk: big\n", 2, "the form 25x25"),
    ("product: p\nyears: 2012..2010\n", 2, "the form 2010"),
    ("product: p\nproduct: q\n", 1, "twice"),
    (
      "product: p\nvariables:\n  sst:\n    repack: {ad_offset: 1}\n", 4,
      "did you mean “add_offset”?"
    ),
    ("product: p\nvariables:\n  sst:\n    repack: {scale_factor: 0}\n", 4, "other than 0"),
    ("- a\n", 1, "keys with values"),
    ("product: [\n", 2, "no YAML"),
  ])
  func `a mistake is named with its line and the nearest right key`(
    yaml: String, line: Int, problem: String
  ) {
    let error = #expect(throws: PipelineError.self) {
      try Pipeline(yaml: yaml, file: "p.yaml", options: options)
    }
    #expect(error?.line == line)
    #expect(
      error?.description.contains(problem) == true, "\(error.map(String.init(describing:)) ?? "")")
  }
}
