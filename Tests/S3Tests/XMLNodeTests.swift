import Testing

@testable import S3

struct XMLNodeTests {
  private func parse(_ text: String) -> XMLNode? { XMLNode(Array(text.utf8)) }

  @Test func `elements, text and entities are read`() throws {
    let root = try #require(
      parse(
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- a > comment -->
        <r:List xmlns:r="x" a='>/'><Key>a&amp;b&lt;&#233;&#x1F600;<![CDATA[<&>]]></Key><Empty/>
        <Key >second</Key ></r:List>
        """))
    #expect(root.name == "List")
    #expect(root.children("Key").map(\.text) == ["a&b<é😀<&>", "second"])
    #expect(root.text("Empty") == "")
    #expect(root.text("None") == nil)
  }

  @Test(arguments: [
    "", "x", "<", "<a", "<a>", "<a></b>", "<a/><b/>", "<a>&nope;</a>", "<a>&#xD800;</a>",
    "<a>&#99999999999;</a>", "<a b=\"></a>", "<!DOCTYPE a><a/>", "<a><!-- </a>", "<></>",
    "<a></a>x", "<a><![CDATA[</a>", "<a>&#</a>",
    String(repeating: "<a>", count: 100) + String(repeating: "</a>", count: 100),
  ])
  func `what is not well formed is refused`(text: String) { #expect(parse(text) == nil) }

  @Test func `every cut of a document is refused, and no change of a byte crashes`() {
    let document = Array(
      "<?xml version=\"1.0\"?><a x=\"1\"><b>t&amp;&#65;</b><![CDATA[c]]><!-- d --><e/></a>".utf8)
    for count in 0..<document.count { #expect(XMLNode(Array(document.prefix(count))) == nil) }
    for position in document.indices {
      for byte in [0, 0x22, 0x26, 0x2F, 0x3C, 0x3E, 0x80, 0xFF] as [UInt8] {
        var changed = document
        changed[position] = byte
        _ = XMLNode(changed)
      }
    }
  }

  @Test func `what is escaped is read back`() {
    let text = "a&b<c>d\"e'f\r\n\té"
    #expect(parse("<a>\(XMLNode.escape(text))</a>")?.text == text)
  }
}
