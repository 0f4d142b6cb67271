/// What the tokens of a set add up to, before templates are expanded.
struct ReferenceCollector {
  /// Chunk tables and documents of inline bytes take what the text takes; what a generator makes
  /// does not.
  static let generatedLimit = 1 << 22

  let location: String
  /// The arrays whose chunk references are kept; `nil` for all. One-dimensional ones always are.
  let wanted: Set<String>?

  /// `.zarray`, `.zattrs`, … by their keys.
  private(set) var documents: [String: Int] = [:]
  /// By the arrays' paths, and the number of coordinates in the chunks' keys.
  private(set) var tables: [TableKey: ChunkTable] = [:]
  /// References whose key isn't that of a Zarr v2 chunk.
  private(set) var others: [String: Row] = [:]
  private(set) var passedOver: Set<String> = []
  private(set) var inline: [[UInt8]] = []
  var targets: [String] = []

  private(set) var generatedCount = 0

  private var targetNumbers: [String: Int32] = [:]
  private var lastTarget: [UInt8] = []
  private var lastTargetNumber: Int32 = 0
  /// The array of the last chunk: most follow one of the same array.
  private var open: (path: [UInt8], key: TableKey, table: ChunkTable)?

  struct TableKey: Hashable, Sendable {
    let path: String
    let rank: Int
  }

  struct Row: Sendable {
    let target: Int32
    let offset: Int
    let byteCount: Int
  }

  init(location: String, wanted: Set<String>?) {
    self.location = location
    self.wanted = wanted
  }

  mutating func countGenerated() { generatedCount += 1 }

  /// The number that stands for a target; the same for the same text.
  mutating func target(_ bytes: UnsafeBufferPointer<UInt8>) -> Int32 {
    if !targets.isEmpty, bytes.elementsEqual(lastTarget) { return lastTargetNumber }
    let text = String(decoding: bytes, as: UTF8.self)
    let number = targetNumbers[text] ?? Int32(targets.count)
    if number == targets.count {
      targetNumbers[text] = number
      targets.append(text)
    }
    lastTarget = Array(bytes)
    lastTargetNumber = number
    return number
  }

  mutating func addInline(_ key: UnsafeBufferPointer<UInt8>, _ bytes: [UInt8]) {
    let number = inline.count
    inline.append(bytes)
    add(key, Row(target: ChunkTable.inline, offset: number, byteCount: bytes.count))
  }

  mutating func add(_ key: UnsafeBufferPointer<UInt8>, _ row: Row) {
    let slash = key.lastIndex(of: UInt8(ascii: "/"))
    let name = key[(slash.map { $0 + 1 } ?? 0)...]
    guard let chunk = Self.coordinates(name) else {
      let text = String(decoding: key, as: UTF8.self)
      if row.target == ChunkTable.inline,
        name.first == UInt8(ascii: ".") || text.hasSuffix("zarr.json")
      {
        documents[text] = row.offset
      } else {
        others[text] = row
      }
      return
    }
    let path = key[..<(slash ?? 0)]
    if open == nil || !path.elementsEqual(open?.path ?? []) || open?.key.rank != chunk.count {
      closeTable()
      let tableKey = TableKey(path: String(decoding: path, as: UTF8.self), rank: chunk.count)
      let table = tables.removeValue(forKey: tableKey) ?? ChunkTable(rank: chunk.count)
      open = (Array(path), tableKey, table)
    }
    if let wanted, chunk.count > 1, let key = open?.key, !wanted.contains(key.path) {
      passedOver.insert(key.path)
      return
    }
    open?.table.append(
      chunk, target: row.target, offset: row.offset, byteCount: row.byteCount)
  }

  private mutating func closeTable() {
    if let open { tables[open.key] = open.table }
    open = nil
  }

  /// Ends collecting: every table in order.
  mutating func finish() {
    closeTable()
    for key in tables.keys { tables[key]?.sort() }
  }

  /// The chunk coordinates in the last part of a key, `12.0.3`; `nil` if it is no chunk's.
  private static func coordinates(_ name: Slice<UnsafeBufferPointer<UInt8>>) -> [Int32]? {
    guard !name.isEmpty, name.count <= 256 else { return nil }
    var chunk: [Int32] = []
    var number: Int32?
    for byte in name {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let (product, tooLarge) = (number ?? 0).multipliedReportingOverflow(by: 10)
        let (sum, overflow) = product.addingReportingOverflow(Int32(byte - UInt8(ascii: "0")))
        if tooLarge || overflow { return nil }
        number = sum
      case UInt8(ascii: "."):
        guard let number else { return nil }
        chunk.append(number)
      default: return nil
      }
      if byte == UInt8(ascii: ".") { number = nil }
    }
    guard let number else { return nil }
    chunk.append(number)
    return chunk
  }
}
