import Storage

/// Walks a version 1 B-tree of chunks, level by level, without libhdf5.
///
/// Levels fall by one with each step down and no node is read twice, so a tree that leads back
/// to itself ends in an error.
///
/// Source: HDF5 File Format Specification, III.A.1.
struct ChunkTree {
  let reader: RangeReader
  let variable: Variable
  let root: Int
  let addressSize: Int
  let base: Int

  /// Nodes of the usual size, with room for 64 chunks, take one read.
  private static let usualEntryCount = 64

  private struct Node {
    var level: Int
    var entryCount: Int
    var bytes: [UInt8]
  }

  func index() async throws(GranuleError.Reason) -> ChunkIndex {
    let fileByteCount = reader.source.info.byteCount
    var index = try ChunkIndex(of: variable, fileByteCount: fileByteCount)
    var level: [Int] = [root]
    var expected: Int?
    var visited: Set<Int> = [root]
    while !level.isEmpty {
      var below: [Int] = []
      for node in try await nodes(at: level) {
        guard node.level == expected ?? node.level else {
          throw .damaged("a chunk index whose levels don't fall by one")
        }
        expected = node.level
        try read(node, into: &index, &below)
      }
      for child in below where !visited.insert(child).inserted {
        throw .damaged("a chunk index that leads back to byte \(child)")
      }
      expected = (expected ?? 0) - 1
      level = below
    }
    return index
  }

  private var headByteCount: Int { 8 + 2 * addressSize }
  private var keyByteCount: Int { 8 + 8 * (variable.shape.count + 1) }

  private func byteCount(entries: Int) -> Int {
    headByteCount + entries * (keyByteCount + addressSize)
  }

  private func nodes(at offsets: [Int]) async throws(GranuleError.Reason) -> [Node] {
    let end = reader.source.info.byteCount
    var ranges: [Range<Int>] = []
    for offset in offsets {
      guard offset >= 0, offset <= end - headByteCount else {
        throw .damaged("a chunk index at byte \(offset) of \(end)")
      }
      ranges.append(offset..<min(end, offset + byteCount(entries: Self.usualEntryCount)))
    }
    var nodes: [Node] = []
    var long: [Int] = []
    for (position, bytes) in try await reader.read(ranges).enumerated() {
      var fields = ByteFields(bytes[...])
      guard try fields.take(4).elementsEqual("TREE".utf8), try fields.integer(1) == 1 else {
        throw .damaged("no chunk index at byte \(offsets[position])")
      }
      let node = Node(
        level: try fields.integer(1), entryCount: try fields.integer(2), bytes: bytes)
      nodes.append(node)
      let needed = byteCount(entries: node.entryCount)
      if needed > bytes.count {
        guard needed <= end - offsets[position] else {
          throw .damaged("a chunk index that is cut short by the file's end")
        }
        ranges[position] = offsets[position]..<offsets[position] + needed
        long.append(position)
      }
    }
    if !long.isEmpty {
      let rest = try await reader.read(long.map { ranges[$0] })
      for (position, bytes) in zip(long, rest) { nodes[position].bytes = bytes }
    }
    return nodes
  }

  private func read(
    _ node: Node, into index: inout ChunkIndex, _ below: inout [Int]
  ) throws(GranuleError.Reason) {
    var fields = ByteFields(node.bytes[...])
    _ = try fields.take(headByteCount)
    var start = variable.shape
    let fileByteCount = reader.source.info.byteCount
    for _ in 0..<node.entryCount {
      let byteCount = try fields.integer(4)
      let filterMask = try fields.integer(4)
      for axis in start.indices { start[axis] = try fields.integer(8) }
      _ = try fields.take(8)
      let address = try fields.integer(addressSize)
      guard address <= fileByteCount else {
        throw .damaged("a chunk or index at byte \(address)")
      }
      if node.level > 0 {
        below.append(base + address)
      } else {
        try index.insert(
          at: start, offset: base + address, byteCount: byteCount, filterMask: UInt32(filterMask))
      }
    }
  }
}
