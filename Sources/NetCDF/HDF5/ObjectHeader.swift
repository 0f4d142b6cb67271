/// Reads the layout message of a dataset's object header, for the address of the chunk index
/// that libhdf5 keeps to itself.
///
/// Source: HDF5 File Format Specification, IV.A.1 (object headers) and IV.A.2.i (data layout).
struct ObjectHeader {
  struct ChunkTree {
    let chunkShape: [Int]
    let elementByteCount: Int
    /// The offset of the root in the file; `nil` if no chunk was ever written.
    let root: Int?
  }

  private static let continuation = 0x10
  private static let layout = 0x08
  private static let blockLimit = 256
  private static let byteLimit = 16 << 20

  private let file: HDF5File
  private let isVersion2: Bool
  private let hasCreationOrder: Bool
  private var blocks: [(offset: Int, byteCount: Int)]

  /// - Returns: `nil` if the dataset's chunks are indexed in a way we don't know.
  static func chunkTree(
    at address: UInt64, in file: HDF5File
  ) throws(GranuleError.Reason) -> ChunkTree? {
    var header = try ObjectHeader(at: address, in: file)
    return try header.findChunkTree()
  }

  private init(at address: UInt64, in file: HDF5File) throws(GranuleError.Reason) {
    self.file = file
    guard let start = Int(exactly: address), start <= file.bytes.byteCount else {
      throw .damaged("an object header at \(address)")
    }
    let offset = file.base + start
    let prefix = try file.bytes.read(
      offset, count: max(0, min(64, file.bytes.byteCount - offset)))
    var fields = ByteFields(prefix[...])
    if prefix.starts(with: "OHDR".utf8) {
      _ = try fields.integer(5)
      let flags = try fields.integer(1)
      // Times; then the limits between compact and dense attributes.
      _ = try fields.take((flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0))
      let byteCount = try fields.integer(1 << (flags & 3))
      isVersion2 = true
      hasCreationOrder = flags & 4 != 0
      blocks = [(offset + fields.position, byteCount)]
    } else {
      _ = try fields.integer(8)
      let byteCount = try fields.integer(4)
      isVersion2 = false
      hasCreationOrder = false
      blocks = [(offset + 16, byteCount)]
    }
  }

  private mutating func findChunkTree() throws(GranuleError.Reason) -> ChunkTree? {
    var index = 0
    var byteCount = 0
    while index < blocks.count {
      let block = blocks[index]
      byteCount += block.byteCount
      guard index < Self.blockLimit, block.byteCount <= Self.byteLimit,
        byteCount <= Self.byteLimit
      else { throw .damaged("an object header without end") }
      let bytes = try file.bytes.read(block.offset, count: block.byteCount)
      var fields = ByteFields(bytes[...])
      if isVersion2, index > 0 {
        // A continuation begins with "OCHK" and ends with a checksum.
        fields = ByteFields(bytes.dropFirst(4).dropLast(4))
      }
      index += 1
      while fields.remaining >= (isVersion2 ? 4 : 8) {
        let type = try fields.integer(isVersion2 ? 1 : 2)
        let size = try fields.integer(2)
        _ = try fields.take(isVersion2 ? (hasCreationOrder ? 3 : 1) : 4)
        guard size <= fields.remaining else { break }
        var message = ByteFields(try fields.take(size))
        if type == Self.layout { return try chunkTree(&message) }
        if type == Self.continuation {
          let offset = try message.integer(file.addressSize)
          let count = try message.integer(min(8, message.remaining))
          guard offset <= file.bytes.byteCount else { throw .damaged("a header at \(offset)") }
          blocks.append((file.base + offset, count))
        }
      }
    }
    throw .damaged("a dataset without a layout")
  }

  private func chunkTree(_ message: inout ByteFields) throws(GranuleError.Reason) -> ChunkTree? {
    let version = try message.integer(1)
    let layoutClass = try message.integer(1)
    guard version == 3, layoutClass == 2 else { return nil }
    let dimensionality = try message.integer(1)
    guard (2...33).contains(dimensionality) else {
      throw .damaged("chunks of \(dimensionality) dimensions")
    }
    let address = try message.take(file.addressSize)
    var lengths: [Int] = []
    for _ in 0..<dimensionality { lengths.append(try message.integer(4)) }
    let elementByteCount = lengths.removeLast()
    if address.allSatisfy({ $0 == 0xff }) {
      return ChunkTree(chunkShape: lengths, elementByteCount: elementByteCount, root: nil)
    }
    var field = ByteFields(address)
    let root = try field.integer(file.addressSize)
    guard root <= file.bytes.byteCount else { throw .damaged("a chunk index at \(root)") }
    return ChunkTree(
      chunkShape: lengths, elementByteCount: elementByteCount, root: file.base + root)
  }
}

/// Little-endian fields, one after another.
struct ByteFields {
  private let bytes: ArraySlice<UInt8>
  private var next: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    next = bytes.startIndex
  }

  var remaining: Int { bytes.endIndex - next }
  var position: Int { next - bytes.startIndex }

  mutating func take(_ count: Int) throws(GranuleError.Reason) -> ArraySlice<UInt8> {
    bytes[try advance(count)]
  }

  /// Where the next bytes are, which then count as taken.
  private mutating func advance(_ count: Int) throws(GranuleError.Reason) -> Range<Int> {
    guard count <= remaining else { throw .damaged("a structure that is cut short") }
    next += count
    return next - count..<next
  }

  /// - Throws: also if the number is beyond `Int.max`, which no offset or count can be.
  mutating func integer(_ byteCount: Int) throws(GranuleError.Reason) -> Int {
    var value: UInt64 = 0
    for index in try advance(byteCount).reversed() { value = value << 8 | UInt64(bytes[index]) }
    guard let value = Int(exactly: value) else { throw .damaged("a size or offset of \(value)") }
    return value
  }
}
