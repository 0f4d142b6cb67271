import Testing
import Zarr

struct ChunkGridTests {
  @Test(arguments: [
    (chunk: [0, 0], region: [0..<2, 0..<3]),  // interior
    (chunk: [2, 0], region: [4..<5, 0..<3]),  // last row, one element high
    (chunk: [2, 1], region: [4..<5, 3..<4]),  // corner
  ])
  func `an edge chunk is clipped to the array`(chunk: [Int], region: [Range<Int>]) throws {
    let grid = try ChunkGrid(arrayShape: [5, 4], chunkShape: [2, 3])
    #expect(grid.region(ofChunk: chunk) == region)
  }

  @Test func `a chunk shape of another rank, or without elements, is refused`() {
    #expect(throws: ChunkGridError.rankMismatch(array: 3, chunk: 2)) {
      try ChunkGrid(arrayShape: [365, 10, 10], chunkShape: [365, 1])
    }
    #expect(throws: ChunkGridError.emptyChunk(axis: 1)) {
      try ChunkGrid(arrayShape: [2, 2], chunkShape: [2, 0])
    }
  }

  @Test func `every element lies in exactly one chunk`() throws {
    let grid = try ChunkGrid(arrayShape: [5, 4, 1], chunkShape: [2, 3, 4])
    var seen: [[Int]: Int] = [:]
    for chunk in grid.chunks {
      let region = grid.region(ofChunk: chunk)
      for x in region[0] {
        for y in region[1] { for z in region[2] { seen[[x, y, z], default: 0] += 1 } }
      }
    }
    #expect(seen.count == 20 && seen.values.allSatisfy { $0 == 1 })
  }

  @Test func `the chunks that cover a region are those that share an element with it`() throws {
    let grid = try ChunkGrid(arrayShape: [10, 10], chunkShape: [4, 3])
    #expect(grid.chunks(covering: [3..<5, 6..<9]) == [[0, 2], [1, 2]])
    #expect(grid.chunks(covering: [3..<3, 0..<10]) == [])
    #expect(try ChunkGrid(arrayShape: [], chunkShape: []).chunks == [[]])
    #expect(try ChunkGrid(arrayShape: [0], chunkShape: [5]).chunks == [])
    #expect(try ChunkGrid(arrayShape: [.max], chunkShape: [.max]).chunks == [[0]])
  }
}
