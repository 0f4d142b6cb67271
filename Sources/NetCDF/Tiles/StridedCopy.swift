/// Copies a block from one C-ordered array to another, row by row.
enum StridedCopy {
  /// - Parameters:
  ///   - extent: The block's shape; it lies in both arrays.
  ///   - at: The block's first element in each.
  static func copy(
    _ source: UnsafeRawBufferPointer, shape sourceShape: [Int], at sourceStart: [Int],
    _ target: UnsafeMutableRawBufferPointer, shape targetShape: [Int], at targetStart: [Int],
    extent: [Int], elementByteCount: Int
  ) {
    guard !extent.contains(0) else { return }
    let rowByteCount = (extent.last ?? 1) * elementByteCount
    let outer = extent.dropLast()
    var position = [Int](repeating: 0, count: extent.count)
    func offset(_ shape: [Int], _ start: [Int]) -> Int {
      shape.indices.reduce(0) { $0 * shape[$1] + start[$1] + position[$1] } * elementByteCount
    }
    for _ in 0..<outer.reduce(1, *) {
      let from = offset(sourceShape, sourceStart)
      let to = offset(targetShape, targetStart)
      UnsafeMutableRawBufferPointer(rebasing: target[to..<to + rowByteCount])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[from..<from + rowByteCount]))
      for axis in outer.indices.reversed() {
        position[axis] += 1
        if position[axis] < extent[axis] { break }
        position[axis] = 0
      }
    }
  }
}
