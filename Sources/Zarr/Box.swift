package import CF

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
    // The dimension before it is a plain loop over runs; a counter goes over the others.
    let (from, to) = (strides, target.strides)
    let runCount = axis > 0 ? region[axis - 1].count : 1
    let fromStep = axis > 0 ? from[axis - 1] * elementSize : 0
    let toStep = axis > 0 ? to[axis - 1] * elementSize : 0
    let outerAxes = max(axis - 1, 0)
    var start = region.indices.reduce(0) { $0 + region[$1].lowerBound * from[$1] }
    var place = region.indices.reduce(0) { $0 + origin[$1] * to[$1] }
    var counter = [Int](repeating: 0, count: outerAxes)
    while true {
      Self.copyRuns(
        runCount, byteCount: run * elementSize, from: source + start * elementSize, step: fromStep,
        to: destination + place * elementSize, step: toStep)
      var outer = outerAxes - 1
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

  /// Copies runs of bytes that lie at even distances. Runs of one element, a pixel's time series,
  /// are worth a loop of their own.
  private static func copyRuns(
    _ count: Int, byteCount: Int, from source: UnsafeRawPointer, step fromStep: Int,
    to target: UnsafeMutableRawPointer, step toStep: Int
  ) {
    func copyWords<Word: BitwiseCopyable>(_ type: Word.Type) {
      for index in 0..<count {
        let word = (source + index * fromStep).loadUnaligned(as: type)
        (target + index * toStep).storeBytes(of: word, as: type)
      }
    }
    switch byteCount {
    case 1: copyWords(UInt8.self)
    case 2: copyWords(UInt16.self)
    case 4: copyWords(UInt32.self)
    case 8: copyWords(UInt64.self)
    default:
      for index in 0..<count {
        (target + index * toStep).copyMemory(
          from: source + index * fromStep, byteCount: byteCount)
      }
    }
  }
}

extension DataType {
  /// One element's bits over and over, little-endian.
  ///
  /// - Parameter byteCount: Bytes of the result, a multiple of the element's.
  package func bytes(of bits: UInt64, filling byteCount: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, filled in
      func fill<Word: FixedWidthInteger>(_ type: Word.Type) {
        UnsafeMutableRawBufferPointer(buffer)
          .initializeMemory(as: type, repeating: Word(truncatingIfNeeded: bits).littleEndian)
      }
      switch self.byteCount {
      case 1: fill(UInt8.self)
      case 2: fill(UInt16.self)
      case 4: fill(UInt32.self)
      default: fill(UInt64.self)
      }
      filled = byteCount
    }
  }
}
