import CF
import Testing
import Zarr
import ZarrWriter

struct CompressorAutoTests {
  @Test func `numbers that differ in single bits get the bit shuffle`() throws {
    // A counter in the third byte's low bits and noise in one bit of the first.
    var state: UInt32 = 1
    let chunk = (0..<4096).flatMap { index -> [UInt8] in
      state = state &* 1_664_525 &+ 1_013_904_223
      return [UInt8(state >> 31), 0, UInt8(index >> 10), 0x43]
    }
    #expect(
      try Compressor.auto(sample: [chunk], dataType: .float32)
        == .blosc(cname: .zstd, level: 1, shuffle: .bit))
  }

  @Test func `at a tie, and without a sample, bytes are shuffled; single bytes are not`() throws {
    #expect(
      try Compressor.auto(sample: [], dataType: .int16)
        == .blosc(cname: .zstd, level: 1, shuffle: .byte))
    #expect(
      try Compressor.auto(sample: [[7]], dataType: .int8)
        == .blosc(cname: .zstd, level: 1, shuffle: .none))
  }
}
