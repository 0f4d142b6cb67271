import Testing

@testable import Rechunk

struct ShapeAdvisorTests {
  /// Of the archive: 1500×2000 in some years, 2250×3000 in others.
  private static let archive = [[1500, 2000], [2250, 3000]]

  @Test(arguments: [
    (86_400.0, 2, [25, 25]),
    (86_400.0, 1, [25, 25]),  // flags as the numbers beside them
    (86_400.0, 4, [15, 20]),
    (86_400.0, 8, [15, 10]),  // 15 divides 750 and not 1000
    (3_600.0, 2, [5, 5]),
    (3_600.0, 4, [3, 4]),
  ])
  func `a chunk of a year has about 450 kB, whatever its type and cadence`(
    cadence: Double, elementByteCount: Int, chunk: [Int]
  ) {
    let advisor = ShapeAdvisor(cadenceSeconds: cadence)
    #expect(
      advisor.chunk(
        elementByteCount: elementByteCount, shape: [4500, 6000], tiles: Self.archive) == chunk)
    let byteCount = chunk.reduce(advisor.stepsPerYear * max(2, elementByteCount), *)
    #expect((400_000...460_000).contains(byteCount))
  }

  @Test func `a stack whose cadence nobody knows counts as daily`() {
    let advisor = ShapeAdvisor(cadenceSeconds: nil)
    #expect(advisor.chunk(elementByteCount: 2, shape: [60, 80], tiles: [[60, 80]]) == [25, 25])
    #expect(advisor.chunk(elementByteCount: 2, shape: [300], tiles: [[300]]) == [25])
    #expect(advisor.chunk(elementByteCount: 2, shape: [], tiles: [[]]).isEmpty)
  }

  @Test(arguments: [
    ([[500, 500], [750, 1000]], 4, [10, 25]),  // they share 250×500, which 15×20 doesn't divide
    ([[500, 500], [750, 1000]], 8, [10, 20]),
    ([[500, 500], [750, 1000]], 2, [25, 25]),
    ([[512, 512]], 2, [16, 32]),
    ([[1, 6000]], 4, [15, 20]),  // rows: any chunk is a whole number of them
    ([[61, 61]], 4, [15, 20]),  // nothing divides that
    ([[61, 61]], 8, [10, 15]),
  ])
  func `chunks fit what all tiles share, if any of a sensible shape does`(
    tiles: [[Int]], elementByteCount: Int, chunk: [Int]
  ) {
    let advisor = ShapeAdvisor(cadenceSeconds: 86_400)
    let advised = advisor.chunk(
      elementByteCount: elementByteCount, shape: [4500, 6000], tiles: tiles)
    #expect(advised == chunk)
  }

  @Test(arguments: [1, 2, 4, 8])
  func `the shards of the archive are what its tiles share`(elementByteCount: Int) {
    let advisor = ShapeAdvisor(cadenceSeconds: 86_400)
    let shape = [4500, 6000]
    let chunk = advisor.chunk(
      elementByteCount: elementByteCount, shape: shape, tiles: Self.archive)
    let shard = shape.indices.map { axis in
      advisor.shardExtent(
        length: shape[axis], chunk: chunk[axis], tiles: Self.archive.map { $0[axis] })
    }
    #expect(shard == [750, 1000])
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

  @Test(arguments: [1, 2, 4, 8], [[75, 100], [100, 0], [50, 60], [0, 0]])
  func `chunks fit the shards that were asked for`(elementByteCount: Int, shard: [Int]) {
    let chunk = ShapeAdvisor(cadenceSeconds: 86_400).chunk(
      elementByteCount: elementByteCount, shape: [300, 400], tiles: [[75, 100]], shard: shard)
    #expect(zip(shard, chunk).allSatisfy { $0 % $1 == 0 })
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
