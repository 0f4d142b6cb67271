internal import Zarr

/// Builds a set from its JSON text, block by block.
///
/// Knows version 0 (a flat object of references) and version 1 (`refs`, with `templates` and
/// `gen`).
///
/// Source: kerchunk, "References specification".
struct ReferenceParser {
  private enum Place {
    case start, root, refs, templates, generators
    /// In the array that is the value of a reference.
    case reference(returnTo: Level)
    case end
  }

  private enum Level { case root, refs }

  private var tokenizer: JSONTokenizer
  private var handler: Handler

  init(location: String, arrays wanted: Set<String>?) {
    tokenizer = JSONTokenizer(location: location)
    handler = Handler(location: location, wanted: wanted)
  }

  mutating func feed(_ block: [UInt8]) throws(ReferenceError) {
    try block.withUnsafeBufferPointer { (buffer) throws(ReferenceError) in
      try tokenizer.feed(buffer, &handler)
    }
  }

  /// Ends the text and expands templates and generators.
  mutating func finish() throws(ReferenceError) -> ReferenceSet {
    try tokenizer.finish(&handler)
    return try handler.finish()
  }

  private struct Handler: JSONTokenHandler {
    let location: String
    let wanted: Set<String>?
    var place = Place.start
    var key: [UInt8] = []
    var version: Int?
    var sawRefs = false
    /// References outside `refs`, which only version 0 has.
    var root: ReferenceCollector
    var refs: ReferenceCollector
    var templates: [String: String] = [:]
    var generators: [JSONObject] = []
    // The reference being read: a target, an offset and a length.
    var target: Int32 = 0
    var numbers: [Int] = []
    var hasTarget = false

    init(location: String, wanted: Set<String>?) {
      self.location = location
      self.wanted = wanted
      root = ReferenceCollector(location: location, wanted: wanted)
      refs = ReferenceCollector(location: location, wanted: wanted)
    }

    private var keyText: String { String(decoding: key, as: UTF8.self) }

    private func bad(_ reason: String) -> ReferenceError {
      .badReference(location: location, key: keyText, reason: reason)
    }

    private func notReferences(_ reason: String) -> ReferenceError {
      .notReferences(location: location, reason: reason)
    }

    mutating func beginObject() throws(ReferenceError) -> Bool {
      switch place {
      case .start:
        place = .root
        return false
      case .root where key.elementsEqual("refs".utf8):
        place = .refs
        sawRefs = true
        return false
      case .root where key.elementsEqual("templates".utf8):
        place = .templates
        return false
      case .root, .refs, .generators: return true
      case .templates: throw notReferences("the template “\(keyText)” isn't text")
      case .reference: throw bad("has an object where a target, offset or length is expected")
      case .end: return true
      }
    }

    mutating func endObject() throws(ReferenceError) {
      switch place {
      case .refs, .templates: place = .root
      default: place = .end
      }
    }

    mutating func beginArray() throws(ReferenceError) {
      switch place {
      case .start: throw notReferences("it is a list")
      case .root where key.elementsEqual("gen".utf8): place = .generators
      case .root: beginReference(.root)
      case .refs: beginReference(.refs)
      case .templates: throw notReferences("the template “\(keyText)” isn't text")
      case .generators: throw notReferences("“gen” holds a list in a list")
      case .reference: throw bad("has a list in a list")
      case .end: break
      }
    }

    private mutating func beginReference(_ level: Level) {
      place = .reference(returnTo: level)
      hasTarget = false
      numbers.removeAll(keepingCapacity: true)
    }

    mutating func endArray() throws(ReferenceError) {
      guard case .reference(let level) = place else {
        place = .root
        return
      }
      place = level == .root ? .root : .refs
      guard hasTarget else { throw bad("has no target") }
      guard numbers.count == 0 || numbers.count == 2 else {
        throw bad("has an offset but no length")
      }
      let row = ReferenceCollector.Row(
        target: target, offset: numbers.first ?? 0, byteCount: numbers.last ?? ChunkTable.toEnd)
      key.withUnsafeBufferPointer { key in
        if level == .root { root.add(key, row) } else { refs.add(key, row) }
      }
    }

    mutating func name(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError) {
      key.removeAll(keepingCapacity: true)
      key.append(contentsOf: bytes)
    }

    mutating func string(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError) {
      switch place {
      case .start, .end: throw notReferences("it is text")
      case .root: try addInline(bytes, to: &root)
      case .refs: try addInline(bytes, to: &refs)
      case .templates: templates[keyText] = String(decoding: bytes, as: UTF8.self)
      case .generators: throw notReferences("“gen” holds text")
      case .reference(let level):
        guard !hasTarget else { throw bad("has text where an offset or length is expected") }
        target = level == .root ? root.target(bytes) : refs.target(bytes)
        hasTarget = true
      }
    }

    private func addInline(
      _ bytes: UnsafeBufferPointer<UInt8>, to collector: inout ReferenceCollector
    ) throws(ReferenceError) {
      var plain = Array(bytes)
      let mark = "base64:"
      if bytes.starts(with: mark.utf8) {
        let text = String(decoding: bytes.dropFirst(mark.utf8.count), as: UTF8.self)
        guard let decoded = Base64.decode(text) else { throw bad("isn't the base64 that it says") }
        plain = decoded
      }
      key.withUnsafeBufferPointer { collector.addInline($0, plain) }
    }

    mutating func objectText(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError) {
      switch place {
      case .refs: key.withUnsafeBufferPointer { refs.addInline($0, Array(bytes)) }
      case .root: key.withUnsafeBufferPointer { root.addInline($0, Array(bytes)) }
      case .generators:
        let value: JSONValue
        do { value = try JSONValue(parsing: Array(bytes)) } catch {
          throw .notJSON(
            location: location, offset: error.offset, reason: "in “gen”: \(error.reason)")
        }
        guard let object = value.object else { throw notReferences("“gen” holds no object") }
        guard generators.count < 1 << 16 else {
          throw .tooLarge(location: location, what: "generators", limit: 1 << 16)
        }
        generators.append(object)
      default: break
      }
    }

    mutating func scalar(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReferenceError) {
      switch place {
      case .start, .end: throw notReferences("it is a single value")
      case .root where key.elementsEqual("version".utf8):
        guard let number = Self.integer(bytes), number == 0 || number == 1 else {
          throw notReferences(
            "version \(String(decoding: bytes, as: UTF8.self)); 0 and 1 can be read")
        }
        version = number
      // `gen: null` and the like say that there is none.
      case .root where bytes.elementsEqual("null".utf8): break
      case .root, .refs: throw bad("is \(String(decoding: bytes, as: UTF8.self))")
      case .templates: throw notReferences("the template “\(keyText)” isn't text")
      case .generators: throw notReferences("“gen” holds a number")
      case .reference:
        guard hasTarget else { throw bad("has no target") }
        guard numbers.count < 2 else { throw bad("has more than a target, an offset and a length") }
        guard let number = Self.integer(bytes), number >= 0 else {
          throw bad(
            "has the \(numbers.isEmpty ? "offset" : "length") "
              + String(decoding: bytes, as: UTF8.self))
        }
        if let offset = numbers.first, offset.addingReportingOverflow(number).overflow {
          throw bad("reaches further than any file")
        }
        numbers.append(number)
      }
    }

    /// A whole number, also when it is written `1e3` or `1.0`.
    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
      var value = 0
      for byte in bytes {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), value < 1 << 58 else {
          let text = String(decoding: bytes, as: UTF8.self)
          return Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
        }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
      }
      return bytes.isEmpty ? nil : value
    }

    mutating func finish() throws(ReferenceError) -> ReferenceSet {
      guard case .end = place else { throw notReferences("it is a single value") }
      guard sawRefs || version != 1 else { throw notReferences("it has no “refs”") }
      var collector = sawRefs ? refs : root
      if sawRefs {
        let templates = Templates(templates, location: location)
        // As in fsspec: without templates a target is taken as it is.
        if !templates.isEmpty {
          for index in collector.targets.indices where collector.targets[index].contains("{{") {
            collector.targets[index] = try templates.expand(collector.targets[index])
          }
        }
        for generator in generators {
          try Generator(generator, templates).run(into: &collector)
        }
      }
      collector.finish()
      return try ReferenceSet(collector)
    }
  }
}
