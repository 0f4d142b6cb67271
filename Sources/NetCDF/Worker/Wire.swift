import CF

/// Writes values in the compact form in which parser processes talk: whole numbers in groups of
/// 7 bits, low first, the sign folded into the lowest bit; text and lists after their length.
struct WireWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: Int) { put(bits: UInt64(bitPattern: Int64(value << 1 ^ value >> 63))) }

  mutating func put(bits value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func put(_ value: Bool) { bytes.append(value ? 1 : 0) }

  mutating func put(_ text: String) {
    var text = text
    text.withUTF8 { put(raw: $0) }
  }

  mutating func put(raw: some Collection<UInt8>) {
    put(raw.count)
    bytes.append(contentsOf: raw)
  }

  mutating func put<Element>(
    _ list: [Element], _ element: (inout WireWriter, Element) -> Void
  ) {
    put(list.count)
    for item in list { element(&self, item) }
  }
}

/// Reads what ``WireWriter`` wrote. Nothing is allocated for a length that the rest of the
/// message can't have.
struct WireReader {
  private var bytes: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  struct Malformed: Error {}

  /// All that is left.
  var rest: ArraySlice<UInt8> { bytes }

  mutating func integer() throws(Malformed) -> Int {
    let bits = try bits()
    return Int(Int64(bitPattern: bits >> 1 ^ (~(bits & 1) &+ 1)))
  }

  mutating func bits() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while let byte = bytes.popFirst() {
      guard shift < 64 else { break }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw Malformed()
  }

  mutating func flag() throws(Malformed) -> Bool {
    guard let byte = bytes.popFirst(), byte <= 1 else { throw Malformed() }
    return byte == 1
  }

  mutating func raw() throws(Malformed) -> ArraySlice<UInt8> {
    let count = try integer()
    guard count >= 0, count <= bytes.count else { throw Malformed() }
    defer { bytes = bytes.dropFirst(count) }
    return bytes.prefix(count)
  }

  mutating func text() throws(Malformed) -> String { String(decoding: try raw(), as: UTF8.self) }

  mutating func list<Element>(
    _ element: (inout WireReader) throws(Malformed) -> Element
  ) throws(Malformed) -> [Element] {
    let count = try integer()
    guard count >= 0, count <= bytes.count else { throw Malformed() }
    var list: [Element] = []
    list.reserveCapacity(count)
    for _ in 0..<count { list.append(try element(&self)) }
    return list
  }
}
