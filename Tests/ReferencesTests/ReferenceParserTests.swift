import CF
import References
import Storage
import Testing
import Zarr

/// Sets as text, small enough to read.
enum SampleSets {
  static let zarray = """
    {"zarr_format": 2, "shape": [2, 4], "chunks": [1, 2], "dtype": "<i2", "compressor": null, \
    "fill_value": -1, "order": "C", "filters": null}
    """

  static func quoted(_ text: String) -> String { JSONValue.string(text).text() }

  /// `sst` has the chunks 0.0, 0.1 and 1.1.
  static func version1(refs: String = "", more: String = "") -> String {
    """
    {"version": 1, \(more) "refs": {
      ".zgroup": "{\\"zarr_format\\": 2}", ".zattrs": {"title": "made up"},
      "sst/.zarray": \(quoted(zarray)), "sst/.zattrs": "{\\"_ARRAY_DIMENSIONS\\": [\\"y\\", \\"x\\"]}",
      "sst/0.0": ["s3://bucket/day.nc", 100, 4], "sst/1.1": ["/data/whole.bin"],
      "sst/0.1": "base64:AQACAA=="\(refs)
    }}
    """
  }
}

struct ReferenceParserTests {
  private func parse(_ text: String, arrays: Set<String>? = nil) throws -> ReferenceSet {
    try ReferenceSet(parsing: Array(text.utf8), location: "test", arrays: arrays)
  }

  @Test func `version 1 has references in refs`() throws {
    let set = try parse(SampleSets.version1())
    #expect(set.arrayNames == ["sst"])
    #expect(set.targets == ["s3://bucket/day.nc", "/data/whole.bin"])
    #expect(try set.reference(toChunk: [0, 0], of: "sst") == .bytes(target: 0, 100..<104))
    #expect(try set.reference(toChunk: [0, 1], of: "sst") == .inline([1, 0, 2, 0]))
    #expect(try set.reference(toChunk: [1, 1], of: "sst") == .whole(target: 1))
    #expect(try set.reference(toChunk: [1, 0], of: "sst") == nil)
    #expect(try set.metadata(of: "sst").shape == [2, 4])
    #expect(try set.attributes["title"]?.text == "made up")
  }

  @Test func `version 0 is a flat object`() throws {
    let set = try parse(
      """
      {".zgroup": "{\\"zarr_format\\": 2}", "sst/.zarray": \(SampleSets.quoted(SampleSets.zarray)),
       "sst/1.0": ["https://example.org/a.nc", 8, 4], "sst/0.0": "abcd"}
      """)
    #expect(try set.reference(toChunk: [1, 0], of: "sst") == .bytes(target: 0, 8..<12))
    #expect(try set.reference(toChunk: [0, 0], of: "sst") == .inline(Array("abcd".utf8)))
  }

  @Test func `the order of keys and of members doesn't matter`() throws {
    let set = try parse(
      """
      {"refs": {"a/0.1": ["{{u}}", 1, 1], "a/0.0": ["{{u}}", 0, 1], "a/0.1": ["{{u}}", 2, 1],
       ".zgroup": "{}"}, "templates": {"u": "s3://b/k"}, "version": 1}
      """)
    #expect(set.targets == ["s3://b/k"])
    #expect(try set.reference(toChunk: [0, 1], of: "a") == .bytes(target: 0, 2..<3))
    #expect(try set.reference(toChunk: [0, 0], of: "a") == .bytes(target: 0, 0..<1))
  }

  // The example of kerchunk's specification.
  @Test func `templates and generators are expanded`() throws {
    let set = try parse(
      """
      {"version": 1,
       "templates": {"u": "server.domain/path", "f": "{{c}}"},
       "gen": [{"key": "gen/{{i}}.0", "url": "http://{{u}}_{{i}}", "offset": "{{(i + 1) * 1000}}",
                "length": "1000", "dimensions": {"i": {"stop": 5}}}],
       "refs": {".zgroup": "{}", "key0": "data", "key1": ["http://target_url", 10000, 100],
                "key2": ["http://{{u}}", 10000, 100], "key3": ["http://{{f(c='text')}}", 1, 2]}}
      """)
    #expect(set.targets[1] == "http://server.domain/path")
    #expect(set.targets[2] == "http://text")
    let last = try #require(try set.reference(toChunk: [4, 0], of: "gen"))
    guard case .bytes(let target, let range) = last else {
      throw ReferenceError.absent(location: "")
    }
    #expect(set.targets[target] == "http://server.domain/path_4")
    #expect(range == 5000..<6000)
  }

  @Test(arguments: [
    ("{{ '%03d' % (7 + 1) }}", "008"), ("{{ 7 // 2 * 2 - 10 % 3 }}", "5"), ("{{ -7 // 2 }}", "-4"),
    ("{{ 'a' ~ 1 }}", "a1"), ("{{ u }}/{{u}}", "x/x"),
  ])
  func `expressions are Jinja's`(expression: String, expected: String) throws {
    let set = try parse(
      """
      {"version": 1, "templates": {"u": "x"},
       "refs": {".zgroup": "{}", "a/0": [\(SampleSets.quoted(expression)), 0, 1]}}
      """)
    #expect(set.targets == [expected])
  }

  @Test func `only the arrays asked for are kept, and asking for others is an error`() throws {
    let refs = #", "b/0.0": ["s3://bucket/day.nc", 0, 4], "time/0": ["s3://bucket/day.nc", 9, 4]"#
    let set = try parse(SampleSets.version1(refs: refs), arrays: ["sst"])
    #expect(try set.reference(toChunk: [0, 0], of: "sst") != nil)
    #expect(try set.reference(toChunk: [0], of: "time") != nil)
    #expect(throws: ReferenceError.notOpened(location: "test", name: "b")) {
      try set.reference(toChunk: [0, 0], of: "b")
    }
  }

  @Test func `text with escapes comes out plain`() throws {
    let set = try parse(
      #"{"version": 1, "refs": {".zgroup": "{}", "a/0": ["\/d\u00e9\ud83d\ude00\ud83d\"x", 0, 1]}}"#
    )
    #expect(set.targets == ["/dé😀\u{FFFD}\"x"])
  }
}
