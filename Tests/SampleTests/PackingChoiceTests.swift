import Testing

@testable import Sample

/// Expected numbers are those of the real L3S granules of 2017-02-01 and 2017-02-02.
struct PackingChoiceTests {
  @Test func `counts from 1 to 2 pack as in the archive`() throws {
    let choice = try #require(PackingChoice(rule: .range, values: [1, 2, 1], validMax: 127))
    #expect(choice.addOffset == 1.5)
    #expect(choice.scaleFactor == 0.003952569169960474)
    let packed: [Int8] = PackingChoice.pack([1, 2], choice, fill: -128, validMax: 127)
    #expect(packed == [-126, 127])
  }

  @Test func `a temperature's scale is 0.01 as float32 and its offset a float32`() throws {
    let choice = try #require(
      PackingChoice(rule: .temperature, values: [271.3, 310.123456], validMax: 32767))
    #expect(choice.scaleFactor == 0.009999999776482582)
    #expect(Double(Float(choice.addOffset)) == choice.addOffset)
    #expect(abs(choice.addOffset - 290.711728) < 1e-4)
  }

  @Test func `what is missing packs to the fill`() throws {
    let values = [Double.nan, 3, 5]
    let choice = try #require(PackingChoice(rule: .range, values: values, validMax: 127))
    #expect(choice.addOffset == 4)
    let packed: [Int8] = PackingChoice.pack(values, choice, fill: -128, validMax: 127)
    #expect(packed == [-128, -126, 127])
  }

  @Test(arguments: [[], [Double.nan]])
  func `a day without values has a packing all the same`(values: [Double]) {
    let choice = PackingChoice(rule: .range, values: values, validMax: 127)
    #expect(choice?.scaleFactor == 1 && choice?.addOffset == 0)
  }

  @Test func `a day of one value keeps it exactly`() throws {
    let choice = try #require(PackingChoice(rule: .range, values: [7.25], validMax: 127))
    let packed: [Int8] = PackingChoice.pack([7.25], choice, fill: -128, validMax: 127)
    #expect(Double(packed[0]) * choice.scaleFactor + choice.addOffset == 7.25)
  }

  @Test func `flags have no packing`() {
    #expect(PackingChoice(rule: .none, values: [1, 2], validMax: 5) == nil)
    let packed: [Int16] = PackingChoice.pack([8192, 12], nil, fill: -32768, validMax: 32767)
    #expect(packed == [8192, 12])
  }

  @Test func `every packed number lies in the valid range`() throws {
    let values = (0..<1000).map { Double($0 * $0 % 977) * 0.37 - 100 }
    let choice = try #require(
      PackingChoice(rule: .range, values: values, validMax: 2_147_483_645))
    let packed: [Int32] = PackingChoice.pack(
      values, choice, fill: -2_147_483_647, validMax: 2_147_483_645)
    #expect(packed.allSatisfy { (-2_147_483_645...2_147_483_645).contains($0) })
    for (value, number) in zip(values, packed) {
      let unpacked = Double(number) * choice.scaleFactor + choice.addOffset
      #expect(abs(unpacked - value) <= choice.scaleFactor)
    }
  }
}
