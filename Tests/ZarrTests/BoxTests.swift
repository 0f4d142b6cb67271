import Testing
import Zarr

struct BoxTests {
  /// A region copied element by element, in the plainest way.
  private func copied(
    _ region: [Range<Int>], from: [Int], to: [Int], at origin: [Int], size: Int
  ) -> [UInt8] {
    var target = [UInt8](repeating: 0xEE, count: to.reduce(size, *))
    let points = region.reduce([[]]) { points, range in
      points.flatMap { point in range.map { point + [$0] } }
    }
    for point in points {
      var (start, place) = (0, 0)
      for axis in point.indices {
        start = start * from[axis] + point[axis]
        place = place * to[axis] + point[axis] - region[axis].lowerBound + origin[axis]
      }
      for byte in 0..<size { target[place * size + byte] = UInt8((start * size + byte) * 7 & 0xFF) }
    }
    return target
  }

  @Test(
    arguments: [
      ([], [], [], []),
      ([0..<5], [5], [5], [0]),
      ([2..<3], [5], [4], [3]),
      ([0..<4, 1..<2, 2..<3], [4, 3, 5], [4, 1, 1], [0, 0, 0]),
      ([1..<3, 0..<3, 0..<5], [4, 3, 5], [9, 3, 5], [4, 0, 0]),
      ([0..<4, 0..<2, 1..<5], [4, 3, 5], [4, 6, 7], [0, 3, 2]),
      ([0..<2, 0..<1, 0..<3, 1..<2], [2, 2, 3, 2], [3, 1, 3, 1], [1, 0, 0, 0]),
      ([0..<2, 3..<3], [2, 4], [2, 4], [0, 0]),
    ] as [([Range<Int>], [Int], [Int], [Int])])
  func `a region goes from one block to its place in another`(
    region: [Range<Int>], from: [Int], to: [Int], origin: [Int]
  ) {
    for size in [1, 2, 4, 8] {
      let source = (0..<from.reduce(size, *)).map { UInt8($0 * 7 & 0xFF) }
      var target = [UInt8](repeating: 0xEE, count: to.reduce(size, *))
      source.withUnsafeBytes { source in
        target.withUnsafeMutableBytes {
          Box(shape: from, elementSize: size).copy(
            region, from: source, to: Box(shape: to, elementSize: size), at: origin, $0)
        }
      }
      #expect(target == copied(region, from: from, to: to, at: origin, size: size))
    }
  }
}
