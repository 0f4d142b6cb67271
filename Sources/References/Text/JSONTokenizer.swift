/// What a ``JSONTokenizer`` finds, in order. Bytes are only valid during the call.
protocol JSONTokenHandler {
  /// - Returns: Whether to be given the whole object as text, once it is closed, instead of what
  ///   is in it.
  mutating func beginObject() throws(ReferenceError) -> Bool
  mutating func endObject() throws(ReferenceError)
  mutating func beginArray() throws(ReferenceError)
  mutating func endArray() throws(ReferenceError)
  /// The name of a member of an object, without escapes.
  mutating func name(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError)
  /// Without escapes.
  mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError)
  /// A number, `true`, `false` or `null`.
  mutating func scalar(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError)
  mutating func objectText(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError)
}

/// Splits a JSON text that comes in blocks into tokens.
///
/// Holds no more of it than the string, scalar or captured object it is in, and no more than
/// `byteLimit` of that.
struct JSONTokenizer {
  private enum Expected {
    case value, valueOrEnd, nameOrEnd, name, colon, commaOrEnd, nothing
  }

  private enum Inside {
    case nothing, string, escape, unicode, scalar
  }

  static let maximumDepth = 64
  /// What one string, scalar or captured object may hold.
  static let byteLimit = 1 << 28

  let location: String
  private var expected = Expected.value
  private var inside = Inside.nothing
  private var isName = false
  /// `true` for objects.
  private var containers: [Bool] = []
  /// The part of a string or scalar that came in earlier blocks, or had escapes.
  private var scratch: [UInt8] = []
  private var unicode: (digits: Int, value: UInt32) = (0, 0)
  /// The first half of a surrogate pair.
  private var highSurrogate: UInt32?
  private var capture: (depth: Int, bytes: [UInt8])?
  private var captureStart = 0
  /// Of the block's first byte in the text.
  private var offset = 0

  init(location: String) { self.location = location }

  private func error(_ reason: String, _ index: Int) -> ReferenceError {
    .notJSON(location: location, offset: offset + index, reason: reason)
  }

  /// Takes the next block of the text.
  mutating func feed<Handler: JSONTokenHandler>(
    _ block: UnsafeBufferPointer<UInt8>, _ handler: inout Handler
  ) throws(ReferenceError) {
    var index = 0
    captureStart = 0
    while index < block.count {
      switch inside {
      case .string: try continueString(block, &index, &handler)
      case .escape:
        try takeEscape(block[index], index)
        index += 1
      case .unicode:
        try takeUnicode(block[index], index)
        index += 1
      case .scalar: try continueScalar(block, &index, &handler)
      case .nothing: try structure(block, &index, &handler)
      }
    }
    if let start = capture.map({ _ in captureStart }) {
      try capture(UnsafeBufferPointer(rebasing: block[start...]), block.count)
    }
    offset += block.count
  }

  /// Says that the text has ended.
  mutating func finish<Handler: JSONTokenHandler>(
    _ handler: inout Handler
  ) throws(ReferenceError) {
    guard case .nothing = expected, case .nothing = inside, containers.isEmpty else {
      throw error("the text ends in the middle; it may have been cut off", 0)
    }
  }

  private mutating func structure<Handler: JSONTokenHandler>(
    _ block: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ handler: inout Handler
  ) throws(ReferenceError) {
    let byte = block[index]
    switch byte {
    case 0x20, 0x0A, 0x0D, 0x09: index += 1
    case UInt8(ascii: "\""):
      switch expected {
      case .value, .valueOrEnd: isName = false
      case .name, .nameOrEnd: isName = true
      default: throw error("a string where none can be", index)
      }
      inside = .string
      scratch.removeAll(keepingCapacity: true)
      index += 1
    case UInt8(ascii: ","):
      guard case .commaOrEnd = expected, let isObject = containers.last else {
        throw error("a comma where none can be", index)
      }
      expected = isObject ? .name : .value
      index += 1
    case UInt8(ascii: ":"):
      guard case .colon = expected else { throw error("a colon where none can be", index) }
      expected = .value
      index += 1
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      try open(isObject: byte == UInt8(ascii: "{"), index, &handler)
      index += 1
    case UInt8(ascii: "}"), UInt8(ascii: "]"):
      index += 1
      try close(isObject: byte == UInt8(ascii: "}"), block, index, &handler)
    default:
      try expectValue(index)
      inside = .scalar
      scratch.removeAll(keepingCapacity: true)
    }
  }

  private func expectValue(_ index: Int) throws(ReferenceError) {
    switch expected {
    case .value, .valueOrEnd: return
    case .nothing: throw error("something follows the end", index)
    default: throw error("something that can't be here", index)
    }
  }

  private mutating func open<Handler: JSONTokenHandler>(
    isObject: Bool, _ index: Int, _ handler: inout Handler
  ) throws(ReferenceError) {
    try expectValue(index)
    guard containers.count < Self.maximumDepth else { throw error("nested too deeply", index) }
    if capture == nil {
      if isObject {
        if try handler.beginObject() {
          capture = (containers.count, [])
          captureStart = index
        }
      } else {
        try handler.beginArray()
      }
    }
    containers.append(isObject)
    expected = isObject ? .nameOrEnd : .valueOrEnd
  }

  private mutating func close<Handler: JSONTokenHandler>(
    isObject: Bool, _ block: UnsafeBufferPointer<UInt8>, _ end: Int, _ handler: inout Handler
  ) throws(ReferenceError) {
    switch expected {
    case .commaOrEnd where containers.last == isObject: break
    case .nameOrEnd where isObject: break
    case .valueOrEnd where !isObject: break
    default: throw error("a bracket where none can be", end - 1)
    }
    containers.removeLast()
    valueEnded()
    if let depth = capture?.depth {
      guard depth == containers.count else { return }
      try capture(UnsafeBufferPointer(rebasing: block[captureStart..<end]), end)
      let bytes = capture?.bytes ?? []
      capture = nil
      try Self.withBytes(bytes) { (bytes) throws(ReferenceError) in
        try handler.objectText(bytes)
      }
    } else if isObject {
      try handler.endObject()
    } else {
      try handler.endArray()
    }
  }

  private mutating func valueEnded() {
    expected = containers.isEmpty ? .nothing : .commaOrEnd
  }

  private mutating func capture(
    _ bytes: UnsafeBufferPointer<UInt8>, _ index: Int
  ) throws(ReferenceError) {
    guard (capture?.bytes.count ?? 0) + bytes.count <= Self.byteLimit else {
      throw error("an object of more than \(Self.byteLimit) bytes", index)
    }
    capture?.bytes.append(contentsOf: bytes)
  }

  private mutating func append(
    _ bytes: Slice<UnsafeBufferPointer<UInt8>>, _ index: Int
  ) throws(ReferenceError) {
    guard scratch.count + bytes.count <= Self.byteLimit else {
      throw error("a string of more than \(Self.byteLimit) bytes", index)
    }
    scratch.append(contentsOf: bytes)
  }

  private mutating func continueString<Handler: JSONTokenHandler>(
    _ block: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ handler: inout Handler
  ) throws(ReferenceError) {
    let start = index
    while index < block.count {
      let byte = block[index]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
      guard byte >= 0x20 else { throw error("a control character in a string", index) }
      index += 1
    }
    if index > start { flushSurrogate() }
    guard index < block.count else { return try append(block[start..<index], index) }
    if block[index] == UInt8(ascii: "\\") {
      try append(block[start..<index], index)
      inside = .escape
      index += 1
      return
    }
    flushSurrogate()
    let end = index
    index += 1
    inside = .nothing
    if isName { expected = .colon } else { valueEnded() }
    guard capture == nil else { return }
    if scratch.isEmpty {
      try give(UnsafeBufferPointer(rebasing: block[start..<end]), &handler)
    } else {
      try append(block[start..<end], index)
      let bytes = scratch
      try Self.withBytes(bytes) { (bytes) throws(ReferenceError) in try give(bytes, &handler) }
    }
  }

  private func give<Handler: JSONTokenHandler>(
    _ bytes: UnsafeBufferPointer<UInt8>, _ handler: inout Handler
  ) throws(ReferenceError) {
    if isName { try handler.name(bytes) } else { try handler.string(bytes) }
  }

  private mutating func takeEscape(_ byte: UInt8, _ index: Int) throws(ReferenceError) {
    if byte == UInt8(ascii: "u") {
      inside = .unicode
      unicode = (0, 0)
      return
    }
    flushSurrogate()
    inside = .string
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): scratch.append(byte)
    case UInt8(ascii: "b"): scratch.append(0x08)
    case UInt8(ascii: "f"): scratch.append(0x0C)
    case UInt8(ascii: "n"): scratch.append(0x0A)
    case UInt8(ascii: "r"): scratch.append(0x0D)
    case UInt8(ascii: "t"): scratch.append(0x09)
    default: throw error("an escape that JSON doesn't know", index)
    }
  }

  private mutating func takeUnicode(_ byte: UInt8, _ index: Int) throws(ReferenceError) {
    let digit: UInt8
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
    default: throw error("\\u needs four hexadecimal digits", index)
    }
    unicode = (unicode.digits + 1, unicode.value << 4 | UInt32(digit))
    guard unicode.digits == 4 else { return }
    inside = .string
    let unit = unicode.value
    if let high = highSurrogate, (0xDC00...0xDFFF).contains(unit) {
      highSurrogate = nil
      append(Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00)))
      return
    }
    flushSurrogate()
    if (0xD800...0xDBFF).contains(unit) {
      highSurrogate = unit
    } else {
      append(Unicode.Scalar(unit))
    }
  }

  /// Half a pair alone becomes U+FFFD.
  private mutating func flushSurrogate() {
    guard highSurrogate != nil else { return }
    highSurrogate = nil
    append(nil)
  }

  private mutating func append(_ scalar: Unicode.Scalar?) {
    scratch.append(
      contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
  }

  private mutating func continueScalar<Handler: JSONTokenHandler>(
    _ block: UnsafeBufferPointer<UInt8>, _ index: inout Int, _ handler: inout Handler
  ) throws(ReferenceError) {
    let start = index
    while index < block.count {
      switch block[index] {
      case 0x20, 0x0A, 0x0D, 0x09, UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"),
        UInt8(ascii: ":"), UInt8(ascii: "\""), UInt8(ascii: "{"), UInt8(ascii: "["):
        inside = .nothing
      default:
        index += 1
        continue
      }
      break
    }
    guard scratch.count + index - start <= 64 else {
      throw error("a word that no value begins with", index)
    }
    guard case .nothing = inside else { return try append(block[start..<index], index) }
    try append(block[start..<index], index)
    guard Self.isScalar(scratch) else { throw error("a word that no value begins with", start) }
    valueEnded()
    guard capture == nil else { return }
    let bytes = scratch
    try Self.withBytes(bytes) { (bytes) throws(ReferenceError) in try handler.scalar(bytes) }
  }

  /// A number's form is checked where its value is needed. `NaN` and `Infinity` are Python's.
  private static func isScalar(_ bytes: [UInt8]) -> Bool {
    switch bytes.first ?? 0 {
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      bytes.elementsEqual("-Infinity".utf8)
        || bytes.allSatisfy {
          switch $0 {
          case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "e"),
            UInt8(ascii: "E"), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
          default: false
          }
        }
    default:
      ["true", "false", "null", "NaN", "Infinity"].contains { bytes.elementsEqual($0.utf8) }
    }
  }

  /// `withUnsafeBufferPointer` with the error's type kept.
  private static func withBytes(
    _ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(ReferenceError) -> Void
  ) throws(ReferenceError) {
    try bytes.withUnsafeBufferPointer { (buffer) throws(ReferenceError) in try body(buffer) }
  }
}
