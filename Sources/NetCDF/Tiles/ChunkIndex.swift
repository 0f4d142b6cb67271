/// Where every chunk of a variable is, in C order of the chunk grid.
///
/// - Invariant: every chunk lies within the file; the arrays have the same length.
public struct ChunkIndex: Hashable, Sendable {
  /// Offsets in bytes from the start of the file; -1 for a chunk that was never written.
  public private(set) var offsets: [Int]
  public private(set) var byteCounts: [Int]
  /// Bit *i* is set if filter *i* was left out for the chunk.
  public private(set) var filterMasks: [UInt32]

  private let shape: [Int]
  private let tileShape: [Int]
  private let gridShape: [Int]
  private let fileByteCount: Int
  /// What a chunk may take at most: incompressible data grow by less than that.
  private let chunkByteLimit: Int

  /// An index without chunks.
  ///
  /// - Throws: ``GranuleError/Reason/unsupported(_:)`` if there are far more tiles than the file
  ///   can have chunks: the memory for them isn't given to what a header merely claims.
  init(of variable: Variable, fileByteCount: Int) throws(GranuleError.Reason) {
    shape = variable.shape
    tileShape = variable.layout.tileShape
    gridShape = variable.gridShape
    self.fileByteCount = fileByteCount
    let limit = min(1 << 24, (1 << 16) + fileByteCount / 8)
    var count = 1
    for length in gridShape {
      let (product, overflow) = count.multipliedReportingOverflow(by: length)
      guard !overflow, product <= limit else {
        throw .unsupported("a shape of \(shape) in chunks of \(tileShape)")
      }
      count = product
    }
    let chunkByteCount = tileShape.reduce(variable.elementByteCount ?? 1, *)
    guard chunkByteCount <= TileShape.memoryLimit(fileByteCount: fileByteCount) else {
      throw .unsupported("chunks of \(tileShape) in a file of \(fileByteCount) bytes")
    }
    chunkByteLimit = chunkByteCount + chunkByteCount / 8 + 4096
    offsets = [Int](repeating: -1, count: count)
    byteCounts = [Int](repeating: 0, count: count)
    filterMasks = [UInt32](repeating: 0, count: count)
  }

  public var count: Int { offsets.count }

  /// The bytes of a chunk in the file; `nil` if it was never written.
  public func range(_ tile: Int) -> Range<Int>? {
    offsets[tile] < 0 ? nil : offsets[tile]..<offsets[tile] + byteCounts[tile]
  }

  /// - Throws: ``GranuleError/Reason/damaged(_:)`` if the chunk isn't one of the grid, is there
  ///   twice, or doesn't lie in the file.
  mutating func insert(_ entry: ChunkEntry) throws(GranuleError.Reason) {
    try insert(
      at: entry.start, offset: entry.offset, byteCount: entry.byteCount,
      filterMask: entry.filterMask)
  }

  /// The same for one that isn't a value of its own: a file may have a hundred thousand.
  mutating func insert(
    at start: [Int], offset: Int, byteCount: Int, filterMask: UInt32
  ) throws(GranuleError.Reason) {
    guard start.count == shape.count else { throw .damaged("a chunk of another rank") }
    var tile = 0
    for axis in start.indices {
      guard start[axis] % tileShape[axis] == 0, start[axis] >= 0 else {
        throw .damaged("a chunk that begins at \(start)")
      }
      let coordinate = start[axis] / tileShape[axis]
      // Chunks beyond the extent are left over from a shrunken variable.
      guard coordinate < gridShape[axis] else { return }
      tile = tile * gridShape[axis] + coordinate
    }
    guard offset >= 0, byteCount >= 0, byteCount <= chunkByteLimit, byteCount <= fileByteCount,
      offset <= fileByteCount - byteCount
    else {
      throw .damaged(
        "the chunk at \(start) is said to be at byte \(offset), \(byteCount) long, "
          + "in a file of \(fileByteCount)")
    }
    guard offsets[tile] < 0 else { throw .damaged("two chunks begin at \(start)") }
    offsets[tile] = offset
    byteCounts[tile] = byteCount
    filterMasks[tile] = filterMask
  }
}
