import Testing

@testable import Rechunk

struct ShapeAdvisorTests {
  @Test func `a daily stack gets chunks of 25 by 25 pixels, an hourly one of 5 by 5`() {
    #expect(ShapeAdvisor(cadenceSeconds: 86_400).chunkEdge == 25)
    #expect(ShapeAdvisor(cadenceSeconds: 3_600).chunkEdge == 5)
    #expect(ShapeAdvisor(cadenceSeconds: nil).chunkEdge == 25)
  }

  @Test(arguments: [
    (4500, 25, [1500, 2250], 750),  // what the two layouts of the archive share
    (6000, 25, [2000, 3000], 1000),
    (6000, 25, [6000], 1000),  // one tile for the whole plane
    (4500, 25, [75], 900),  // tiny tiles: several, a whole number of times in the array
    (300, 25, [100, 150], 300),  // a small grid is one shard
    (7, 7, [7], 7),
    (482, 25, [61], 500),  // ragged
  ])
  func `a shard is what all tiles share, where that is a sensible size`(
    length: Int, chunk: Int, tiles: [Int], extent: Int
  ) {
    let advisor = ShapeAdvisor(cadenceSeconds: 86_400)
    #expect(advisor.shardExtent(length: length, chunk: chunk, tiles: tiles) == extent)
  }

  @Test func `a shard is always a whole number of chunks`() {
    let advisor = ShapeAdvisor(cadenceSeconds: 86_400)
    var random = SeededGenerator(seed: 5)
    for _ in 0..<2_000 {
      let length = Int.random(in: 1...9_000, using: &random)
      let chunk = Int.random(in: 1...min(length, 300), using: &random)
      let tiles = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Int.random(in: 1...10_000, using: &random)
      }
      let extent = advisor.shardExtent(length: length, chunk: chunk, tiles: tiles)
      #expect(extent > 0 && extent % chunk == 0)
    }
  }
}
