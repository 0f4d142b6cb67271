/// Tiles for storage that has none of its own.
enum TileShape {
  static let byteLimit = 4 << 20

  /// The most a tile may take in memory, whatever a header claims: what the whole file could
  /// inflate to (deflate shrinks by 1032 at most), and for small files a quarter of a gigabyte.
  static func memoryLimit(fileByteCount: Int) -> Int {
    let (product, overflow) = fileByteCount.multipliedReportingOverflow(by: 1032)
    return overflow ? Int.max : max(256 << 20, product)
  }

  /// The largest run of whole rows, contiguous in C order, of at most ``byteLimit`` bytes (or one
  /// row): `[1, …, 1, rows, full, …, full]`.
  static func rows(of shape: [Int], elementByteCount: Int) -> [Int] {
    var tile = [Int](repeating: 1, count: shape.count)
    var byteCount = elementByteCount
    for axis in shape.indices.reversed() {
      let fits = max(1, byteLimit / byteCount)
      tile[axis] = max(1, min(shape[axis], fits))
      guard shape[axis] <= fits else { break }
      byteCount *= max(1, shape[axis])
    }
    return tile
  }

  /// The same for records, which lie apart: a tile never holds more than one, unless they are so
  /// small that reading them one by one would cost more than what lies between.
  static func records(of shape: [Int], elementByteCount: Int) -> [Int] {
    guard let count = shape.first else { return [] }
    let row = rows(of: Array(shape.dropFirst()), elementByteCount: elementByteCount)
    let isWhole = row.elementsEqual(shape.dropFirst())
    let recordByteCount = shape.dropFirst().reduce(elementByteCount, *)
    let perTile = isWhole && recordByteCount > 0 ? max(1, 4096 / recordByteCount) : 1
    return [max(1, min(count, perTile))] + row
  }
}
