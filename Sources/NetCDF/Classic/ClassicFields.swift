/// Reads the fields of a NetCDF-3 header, big-endian, a piece of the file at a time.
///
/// No count is believed before that many bytes could be left in the file.
struct ClassicFields {
  private let file: any GranuleBytes
  private let is64Bit: Bool
  private var window: [UInt8] = []
  private var windowStart = 0
  private(set) var position = 0

  private static let windowByteCount = 64 << 10

  /// - Parameter is64Bit: Counts have 8 bytes, as in CDF-5.
  init(_ file: any GranuleBytes, position: Int, is64Bit: Bool) {
    self.file = file
    self.position = position
    self.is64Bit = is64Bit
  }

  var remaining: Int { file.byteCount - position }

  mutating func bytes(_ count: Int) throws(GranuleError.Reason) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw .damaged("the header reaches past the file's end")
    }
    let start = position - windowStart
    if start + count > window.count {
      window = try file.read(position, count: min(remaining, max(count, Self.windowByteCount)))
      windowStart = position
    }
    defer { position += count }
    return window[(position - windowStart)..<(position - windowStart + count)]
  }

  mutating func unsigned(_ byteCount: Int) throws(GranuleError.Reason) -> UInt64 {
    var value: UInt64 = 0
    for byte in try bytes(byteCount) { value = value << 8 | UInt64(byte) }
    return value
  }

  mutating func tag() throws(GranuleError.Reason) -> UInt64 { try unsigned(4) }

  /// A `NON_NEG`: 4 bytes, 8 in CDF-5.
  mutating func nonNegative() throws(GranuleError.Reason) -> Int {
    let value = try unsigned(is64Bit ? 8 : 4)
    guard let count = Int(exactly: value), is64Bit || value <= Int32.max else {
      throw .damaged("a negative count at byte \(position)")
    }
    return count
  }

  /// The number of entries that follow.
  ///
  /// - Parameter leastByteCount: What one entry takes at least.
  mutating func count(leastByteCount: Int) throws(GranuleError.Reason) -> Int {
    let count = try nonNegative()
    guard count <= remaining / leastByteCount else {
      throw .damaged("\(count) entries at byte \(position) of a file of \(file.byteCount)")
    }
    return count
  }

  mutating func name() throws(GranuleError.Reason) -> String {
    let count = try count(leastByteCount: 1)
    let name = StoredText.string(try bytes(count))
    try skipPadding(count)
    return name
  }

  /// Values are padded to multiples of 4 bytes.
  mutating func skipPadding(_ byteCount: Int) throws(GranuleError.Reason) {
    _ = try bytes(min(remaining, (4 - byteCount % 4) % 4))
  }
}
