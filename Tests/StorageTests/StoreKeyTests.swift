import Foundation
import Testing

@testable import Storage

struct StoreKeyTests {
  @Test(arguments: ["", "/", "/a", "a/", "a//b", ".", "..", "a/./b", "a/../b", "../a"])
  func `a key with an empty or relative segment is refused`(text: String) {
    #expect(throws: StoreKeyError(text: text)) { try StoreKey(text) }
  }

  @Test(arguments: ["a", "a/b", "...", ".a/b.", "a b/ü"])
  func `other keys keep their text`(text: String) throws {
    #expect(try StoreKey(text).text == text)
  }

  @Test func `a slash before a combining mark is still a slash`() throws {
    let key = try StoreKey("a/\u{301}b")
    #expect(key.name.utf8.elementsEqual("\u{301}b".utf8))
    #expect(key.parent == StoreKey(literal: "a"))
    #expect(throws: StoreKeyError.self) { try StoreKey("a/../\u{301}b") }
  }

  @Test func `keys are equal only byte for byte, and ordered by their bytes`() {
    let one = StoreKey(literal: "\u{E9}")
    let two = StoreKey(literal: "e\u{301}")
    #expect(one != two)
    #expect(Set([one, two]).count == 2)
    #expect(two < one)
    #expect(
      ["b", "a/c", "a-", "a"].map { StoreKey(literal: $0) }.sorted().map(\.text)
        == ["a", "a-", "a/c", "b"])
  }

  @Test func `a key can be taken apart and put together`() {
    let key = StoreKey(literal: "a/b/c")
    #expect(key.name == "c")
    #expect(key.parent?.text == "a/b")
    #expect(StoreKey(literal: "a").parent == nil)
    #expect(key.relative(to: StoreKey(literal: "a"))?.text == "b/c")
    #expect(key.relative(to: StoreKey(literal: "a/b/c")) == nil)
    #expect(key.relative(to: StoreKey(literal: "a/b/cd")) == nil)
    #expect(StoreKey(literal: "ab/c").relative(to: StoreKey(literal: "a")) == nil)
    #expect(StoreKey(literal: "a/b").appending("c") == key)
    #expect(key.isBelow(nil))
  }

  @Test func `a key in JSON is its text, and is checked when read`() throws {
    let data = try JSONEncoder().encode([StoreKey(literal: "a:b")])
    #expect(String(decoding: data, as: UTF8.self) == #"["a:b"]"#)
    #expect(throws: StoreKeyError(text: "../x")) {
      try JSONDecoder().decode([StoreKey].self, from: Data(#"["../x"]"#.utf8))
    }
  }
}
