/// A dense block of elements in C order, for copying parts from one to another.
package struct Box: Sendable {
  /// Rank 0 is one element.
  let shape: [Int]
  /// Bytes.
  let elementSize: Int

  package init(shape: [Int], elementSize: Int) {
    self.shape = shape
    self.elementSize = elementSize
  }

  /// Elements from one position along a dimension to the next.
  var strides: [Int] {
    var strides = shape
    var product = 1
    for axis in shape.indices.reversed() {
      strides[axis] = product
      product *= shape[axis]
    }
    return strides
  }

  /// Copies a region of this block to where it begins at `origin` in another one.
  ///
  /// - Precondition: both buffers hold their block whole, and the region lies in both.
  package func copy(
    _ region: [Range<Int>], from source: UnsafeRawBufferPointer, to target: Box, at origin: [Int],
    _ destination: UnsafeMutableRawBufferPointer
  ) {
    precondition(region.count == shape.count && origin.count == target.shape.count)
    precondition(zip(region, shape).allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= $1 })
    precondition(
      zip(origin, target.shape).enumerated().allSatisfy {
        $0.element.0 >= 0 && $0.element.0 + region[$0.offset].count <= $0.element.1
      })
    precondition(source.count >= shape.reduce(elementSize, *))
    precondition(destination.count >= target.shape.reduce(elementSize, *))
    guard !region.contains(where: \.isEmpty), let source = source.baseAddress,
      let destination = destination.baseAddress
    else { return }

    // Trailing dimensions that the region covers whole in both blocks are one run of bytes.
    var axis = region.count
    var run = 1
    while axis > 0 {
      axis -= 1
      run *= region[axis].count
      if region[axis].count != shape[axis] || region[axis].count != target.shape[axis] { break }
    }
    let (from, to) = (strides, target.strides)
    var start = region.indices.reduce(0) { $0 + region[$1].lowerBound * from[$1] }
    var place = region.indices.reduce(0) { $0 + origin[$1] * to[$1] }
    var counter = [Int](repeating: 0, count: axis)
    while true {
      (destination + place * elementSize).copyMemory(
        from: source + start * elementSize, byteCount: run * elementSize)
      var outer = axis - 1
      while outer >= 0 {
        counter[outer] += 1
        start += from[outer]
        place += to[outer]
        if counter[outer] < region[outer].count { break }
        start -= counter[outer] * from[outer]
        place -= counter[outer] * to[outer]
        counter[outer] = 0
        outer -= 1
      }
      if outer < 0 { return }
    }
  }
}
