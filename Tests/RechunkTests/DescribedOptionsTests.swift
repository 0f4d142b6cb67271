import CF
import Testing
import Zarr

@testable import Rechunk

/// What manifests say of options is read back by repairs.
struct DescribedOptionsTests {
  private func options(_ change: (inout ConversionOptions) -> Void) -> ConversionOptions {
    var options = ConversionOptions(threads: 2)
    change(&options)
    return options
  }

  private var all: [ConversionOptions] {
    let codecs = [
      "auto", "none", "zstd:3", "gzip:5", "blosc:zstd:1:shuffle", "blosc:lz4:5:bitshuffle",
      "blosc:zstd:2:noshuffle",
    ].compactMap(CodecText.parse)
    return [
      options { _ in },
      options {
        $0.format = .v2
        $0.chunk = [10, 20]
        $0.shard = [40, 50]
        $0.variables = ["a", "b"]
        $0.duplicates = .last
      },
      options {
        $0.policies = [
          "a": .keep, "b: c": .unpack, "d": .drop, "e": .automatic,
          "f": .repack(Repacking(type: .uint16, scaleFactor: 1e-05, addOffset: -273.15)),
        ]
      },
    ] + codecs.map { codec in options { $0.codec = codec } }
  }

  @Test func `options read back from their description describe themselves the same`() throws {
    for options in all {
      let read = try #require(ConversionOptions(described: options.described, threads: 2))
      #expect(read.described == options.described)
      #expect(read.policies == options.policies)
      #expect(read.codec == options.codec)
    }
  }

  @Test(arguments: [
    ["--chunk": "10y20"], ["--codec": "lzma 3"], ["--zarr-format": "4"], ["duplicates": "some"],
    ["variables: a": "repack to text, scale 1, offset 2"], ["--new": "1"],
  ])
  func `a description that means nothing here is refused`(described: [String: String]) {
    #expect(ConversionOptions(described: described, threads: 2) == nil)
  }
}
