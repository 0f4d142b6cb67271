import Testing
import Zarr

@testable import Rechunk

struct OptionTextTests {
  @Test(arguments: [
    ("4096", 4096), ("2GiB", 2 << 30), ("2 GiB", 2 << 30), ("1.5G", 3 << 29), ("512MiB", 512 << 20),
    ("512mb", 512 << 20), ("3k", 3072), ("1TiB", 1 << 40),
  ])
  func `a byte count is read as people write it`(text: String, count: Int) {
    #expect(ByteCount.parse(text) == count)
  }

  @Test(arguments: ["", "GiB", "2 pounds", "-1GiB", "2GiBs", "1e400GiB"])
  func `what is no byte count is refused`(text: String) { #expect(ByteCount.parse(text) == nil) }

  @Test(arguments: [
    (700, "700 B"), (1 << 20, "1.0 MiB"), (3 << 29, "1.5 GiB"), (157 << 20, "157 MiB"),
  ])
  func `a byte count is written with its unit`(count: Int, text: String) {
    #expect(ByteCount.text(count) == text)
  }

  @Test func `years and extents`() {
    #expect(parseYears("2010") == 2010...2010)
    #expect(parseYears("2010..2012") == 2010...2012)
    for text in ["2012..2010", "2010.2012", "", "..", "2010..", "a..b"] {
      #expect(parseYears(text) == nil)
    }
    #expect(parseExtents("25x30") == [25, 30])
    #expect(parseExtents("64") == [64, 64])
    for text in ["0x5", "5x", "axb", "", "1x2x3", "-1"] { #expect(parseExtents(text) == nil) }
  }

  @Test(
    arguments: [
      ("auto", .automatic), ("none", .fixed(.none)), ("zstd:3", .fixed(.zstd(level: 3))),
      ("zlib", .fixed(.gzip(level: 5))), ("gzip:1", .fixed(.gzip(level: 1))),
      ("blosc:zstd", .fixed(.blosc(cname: .zstd, level: 1, shuffle: .byte))),
      ("blosc:lz4:9:noshuffle", .fixed(.blosc(cname: .lz4, level: 9, shuffle: .none))),
    ] as [(String, ConversionOptions.Codec)])
  func `codecs are read as they are typed`(text: String, codec: ConversionOptions.Codec) {
    #expect(CodecText.parse(text) == codec)
  }

  @Test(arguments: ["", "lzma", "zstd:0", "zstd:x", "gzip:10", "blosc:zip", "zstd:1:2", "auto:1"])
  func `what is no codec is refused`(text: String) { #expect(CodecText.parse(text) == nil) }
}
