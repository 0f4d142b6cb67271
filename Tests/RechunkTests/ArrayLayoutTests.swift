import Testing

@testable import Rechunk

struct ArrayLayoutTests {
  @Test func `the archive's two layouts share columns only as a whole plane`() {
    let layout = ArrayLayout(
      shape: [4500, 6000], chunk: [25, 25], shard: [750, 1000], tiles: [[1500, 2000]],
      bandElements: 25_000)
    #expect(layout.column == [1500, 2000])
    #expect(layout.band == [25, 1000])
    let mixed = ArrayLayout(
      shape: [4500, 6000], chunk: [25, 25], shard: [750, 1000],
      tiles: [[1500, 2000], [2250, 3000]], bandElements: 25_000)
    #expect(mixed.column == [4500, 6000])
    #expect(mixed.shardCount == 36)
  }

  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func `no tile straddles columns, no band straddles shards, and bands cover the array once`(
    seed: UInt64
  ) {
    var random = SeededGenerator(seed: seed)
    let rank = Int.random(in: 0...3, using: &random)
    let shape = (0..<rank).map { _ in Int.random(in: 1...50, using: &random) }
    let chunk = shape.map { Int.random(in: 1...$0, using: &random) }
    let shard = zip(shape, chunk).map { length, chunk in
      Int.random(in: 1...(length + chunk - 1) / chunk, using: &random) * chunk
    }
    let tiles = (0..<Int.random(in: 1...2, using: &random)).map { _ in
      shape.map { Int.random(in: 1...($0 + 5), using: &random) }
    }
    let layout = ArrayLayout(
      shape: shape, chunk: chunk, shard: shard, tiles: tiles,
      bandElements: Int.random(in: 1...500, using: &random))
    let columns = layout.columns
    for tile in tiles {
      let padded = Array(repeating: 1, count: layout.padding) + tile
      for region in regions(of: padded, within: layout.shape.map { 0..<$0 }) {
        #expect(columns.count { contains($0, region) } == 1)
      }
    }
    var covered = 0
    for column in columns {
      for shard in layout.shards(in: column) {
        let start = zip(shard, layout.shard).map { $0.lowerBound / $1 * $1 }
        #expect(start == shard.map(\.lowerBound))
        for band in layout.bands(in: shard) {
          #expect(contains(shard, band))
          covered += band.reduce(1) { $0 * $1.count }
        }
      }
    }
    #expect(covered == shape.reduce(1, *))
  }

  private func contains(_ outer: [Range<Int>], _ inner: [Range<Int>]) -> Bool {
    zip(outer, inner).allSatisfy {
      $0.lowerBound <= $1.lowerBound && $1.upperBound <= $0.upperBound
    }
  }
}
