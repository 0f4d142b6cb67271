/// Where the chunks of one array are: one row per reference, in the order of their coordinates.
///
/// A million references take some 40 MB.
struct ChunkTable: Sendable {
  /// Whose length is the rest of the target.
  static let toEnd = -1
  /// A target that stands for the set's own inline bytes, numbered by the offset.
  static let inline: Int32 = -1

  let rank: Int
  /// `rank` numbers a row.
  private var coordinates: [Int32] = []
  private var targets: [Int32] = []
  private var offsets: [Int] = []
  private var byteCounts: [Int] = []
  private var isAscending = true

  init(rank: Int) { self.rank = rank }

  var count: Int { targets.count }

  /// Adds a row. One that is there already is replaced when the table is sorted.
  mutating func append(_ chunk: [Int32], target: Int32, offset: Int, byteCount: Int) {
    if isAscending, count > 0 { isAscending = Self.order(row(count - 1), chunk[...]) < 0 }
    coordinates.append(contentsOf: chunk)
    targets.append(target)
    offsets.append(offset)
    byteCounts.append(byteCount)
  }

  private func row(_ index: Int) -> ArraySlice<Int32> {
    coordinates[index * rank..<(index + 1) * rank]
  }

  private static func order(_ left: ArraySlice<Int32>, _ right: ArraySlice<Int32>) -> Int {
    for (left, right) in zip(left, right) where left != right { return left < right ? -1 : 1 }
    return 0
  }

  /// Brings the rows in order; of rows for one chunk the last stays.
  mutating func sort() {
    guard !isAscending else { return }
    let order = (0..<count).sorted {
      let order = Self.order(row($0), row($1))
      return order < 0 || (order == 0 && $0 < $1)
    }
    var sorted = ChunkTable(rank: rank)
    for (position, index) in order.enumerated() {
      if position + 1 < order.count, row(index) == row(order[position + 1]) { continue }
      sorted.append(
        Array(row(index)), target: targets[index], offset: offsets[index],
        byteCount: byteCounts[index])
    }
    self = sorted
  }

  /// The row of a chunk; `nil` if there is none.
  ///
  /// - Complexity: O(log *n*) in ``count``.
  func find(_ chunk: [Int]) -> (target: Int32, offset: Int, byteCount: Int)? {
    guard chunk.count == rank else { return nil }
    let wanted = chunk.map { Int32(clamping: $0) }
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let order = Self.order(row(middle), wanted[...])
      if order == 0 { return (targets[middle], offsets[middle], byteCounts[middle]) }
      if order < 0 { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  func visit(_ body: (_ chunk: [Int], _ target: Int32, _ offset: Int, _ byteCount: Int) -> Void) {
    for index in 0..<count {
      body(row(index).map(Int.init), targets[index], offsets[index], byteCounts[index])
    }
  }
}
