import References
import Storage
import Testing

/// Sets that are damaged or made to do harm: always an error, never a crash, never much memory.
struct HostileSetTests {
  private func parse(_ text: String) throws -> ReferenceSet {
    try ReferenceSet(parsing: Array(text.utf8), location: "test")
  }

  private static func set(_ refs: String, more: String = "") -> String {
    #"{"version": 1, \#(more) "refs": {".zgroup": "{}", \#(refs)}}"#
  }

  @Test(arguments: [
    "", "[]", "1", "\"text\"", "{", "{}", "nul", "{\"version\": 1}",
    "{\"version\": 2, \"refs\": {}}",
    "{\"version\": 1, \"refs\": []}", "{\"version\": 1, \"refs\": {}} x",
    "{\"version\": 1, \"refs\": {\"a\" 1}}", "{\"version\": 1, \"refs\": {,}}",
    set(#""a/0": 1"#), set(#""a/0": null"#), set(#""a/0": []"#), set(#""a/0": [1, 2, 3]"#),
    set(#""a/0": ["u", 1]"#), set(#""a/0": ["u", "1", 2]"#), set(#""a/0": ["u", -1, 2]"#),
    set(#""a/0": ["u", 1, -2]"#), set(#""a/0": ["u", 1.5, 2]"#), set(#""a/0": ["u", 1e300, 2]"#),
    set(#""a/0": ["u", 9223372036854775807, 1]"#),
    set(#""a/0": ["u", 99999999999999999999999, 1]"#), set(#""a/0": ["u", 1, 2, 3]"#),
    set(#""a/0": ["u", [1], 2]"#), set(#""a/0": ["u", {}, 2]"#), set(#""a/0": "base64:!!!!""#),
    set(#""a/0": "\x""#), set(#""a/0": "\u12""#), set("\"a/0\": \"a\nb\""),
    set(#""a/0": ["u", 1, 2]"#, more: #""templates": {"u": 1},"#),
    set(#""a/0": ["u", 1, 2]"#, more: #""templates": {"u": {}},"#),
    set(#""a/0": ["u", 1, 2]"#, more: #""gen": [1],"#),
    set(#""a/0": ["u", 1, 2]"#, more: #""gen": [{}],"#),
    set(#""a/0": ["u", 1, 2]"#, more: #""gen": [{"key": "k", "url": "u"}],"#),
    // Templates that name themselves, or don't exist.
    set(#""a/0": ["{{u}}", 1, 2]"#, more: #""templates": {"u": "{{u}}"},"#),
    set(#""a/0": ["{{u}}", 1, 2]"#, more: #""templates": {"u": "{{v}}", "v": "{{u()}}"},"#),
    set(#""a/0": ["{{w}}", 1, 2]"#, more: #""templates": {"u": "x"},"#),
    set(#""a/0": ["{{u", 1, 2]"#, more: #""templates": {"u": "x"},"#),
    set(#""a/0": ["{{1 // 0}}", 1, 2]"#, more: #""templates": {"u": "x"},"#),
    set(#""a/0": ["{{1 % 0}}", 1, 2]"#, more: #""templates": {"u": "x"},"#),
    set(
      #""a/0": ["{{9223372036854775807 * 2}}", 1, 2]"#, more: #""templates": {"u": "x"},"#),
    set(#""a/0": ["{{'%99999999999d' % 1}}", 1, 2]"#, more: #""templates": {"u": "x"},"#),
  ])
  func `a set that can't be meant is refused`(text: String) {
    #expect(throws: ReferenceError.self) { try parse(text) }
  }

  @Test func `templates that double each other stop growing`() {
    let templates = (0..<14).map { "\"t\($0)\": \"{{t\($0 + 1)}}{{t\($0 + 1)}}\"" }
      .joined(separator: ",")
    let text = Self.set(
      #""a/0": ["{{t0}}", 1, 2]"#,
      more: "\"templates\": {\(templates), \"t14\": \"\(String(repeating: "x", count: 100))\"},")
    #expect(throws: ReferenceError.self) { try parse(text) }
  }

  @Test(arguments: [
    #"{"i": {"stop": 9223372036854775807}}"#,
    #"{"i": {"start": -9223372036854775808, "stop": 9223372036854775807}}"#,
    #"{"i": {"stop": 100000}, "j": {"stop": 100000}}"#, #"{"i": {"stop": 3, "step": 0}}"#,
    #"{"i": {"stop": 3, "step": -9223372036854775808}, "j": {"stop": 1e30}}"#, #"{"i": 3}"#,
  ])
  func `a generator of too many references is refused`(dimensions: String) {
    let generator =
      #""gen": [{"key": "k/{{i}}", "url": "u{{i}}", "dimensions": \#(dimensions)}],"#
    #expect(throws: ReferenceError.self) {
      try parse(Self.set(#""a/0": ["u", 1, 2]"#, more: generator))
    }
  }

  @Test func `deep nesting is refused`() {
    for bracket in ["[", "{\"a\":"] {
      let nested = String(repeating: bracket, count: 100_000)
      #expect(throws: ReferenceError.self) { try parse(nested) }
      #expect(throws: ReferenceError.self) { try parse(Self.set("\"a/0\": {\"x\": \(nested)")) }
      #expect(throws: ReferenceError.self) { try parse("{\"gen\": [{\"x\": \(nested)") }
    }
  }

  @Test func `a set that was cut off is refused, wherever`() throws {
    let whole = Array(SampleSets.version1().utf8)
    for count in 0..<whole.count {
      #expect(throws: ReferenceError.self, "cut at \(count)") {
        try ReferenceSet(parsing: Array(whole[..<count]), location: "test")
      }
    }
  }

  @Test func `chunk coordinates beyond all bounds are no chunk's`() throws {
    let set = try parse(Self.set(#""a/99999999999999999999.0": ["u", 0, 1], "a/1..2": "x""#))
    #expect(try set.reference(toChunk: [Int.max, 0], of: "a") == nil)
  }

  /// The same mutations on every run: what the seed gives.
  @Test func `mutated sets give a set or an error`() {
    let generators =
      #""templates": {"u": "s3://b/{{c}}"}, "gen": [{"key": "g/{{i}}", "url": "{{u(c=i)}}", "#
      + #""offset": "{{i*10}}", "length": 10, "dimensions": {"i": {"stop": 3}}}],"#
    let seeds = [SampleSets.version1(), SampleSets.version1(more: generators)].map {
      Array($0.utf8)
    }
    let pieces = [
      "{", "}", "[", "]", "\"", "{{", "}}", ",", ":", "-", "9999999999999", "null", "\\u",
    ]
    .map { Array($0.utf8) }
    var random = SplitMix(seed: 20_250_101)
    for round in 0..<4_000 {
      var bytes = seeds[round % seeds.count]
      for _ in 0...random.next(3) {
        let position = random.next(bytes.count)
        switch random.next(4) {
        case 0: bytes[position] = UInt8(random.next(256))
        case 1: bytes.remove(at: position)
        case 2: bytes.insert(contentsOf: pieces[random.next(pieces.count)], at: position)
        default: bytes.removeSubrange(position..<min(bytes.count, position + random.next(20)))
        }
        if bytes.isEmpty { bytes = [0] }
      }
      guard let set = try? ReferenceSet(parsing: bytes, location: "test") else { continue }
      for name in set.arrayNames {
        _ = try? set.metadata(of: name)
        set.forEachReference(of: name) { _, _ in }
      }
    }
  }
}

/// A small generator of numbers, the same for the same seed.
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  /// 0..<`bound`
  mutating func next(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
  }
}
