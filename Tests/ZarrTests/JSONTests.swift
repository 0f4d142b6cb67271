import Testing
import Zarr

struct JSONTests {
  @Test(arguments: [
    "null", "true", "-9223372036854775808", "18446744073709551615", "0.1", "-0.0", "1e+300",
    "5e-324", "[1, [2, 3], []]", #"{"b": 1, "a": {"c": null}}"#, #""é\n\"\\ \u0001 😀""#, "{}",
  ]) func `a text in our own form is written as it was read`(text: String) throws {
    #expect(try JSONValue(parsing: text).text(indented: false) == text)
  }

  @Test(arguments: [
    (#""\u00e9\ud83d\ude00\/\b""#, JSONValue.string("é😀/\u{8}")),
    (#""\ud83d""#, .string("\u{FFFD}")),
    (#""\ud83dA""#, .string("\u{FFFD}A")),
    ("18446744073709551616", .number(18_446_744_073_709_551_616)),
    ("-0", .number(-0.0)),
    ("\u{FEFF} [ 1 , 2 ] ", .array([1, 2])),
    ("Infinity", .number(.infinity)),
  ]) func `what other writers do is understood`(text: String, value: JSONValue) throws {
    #expect(try JSONValue(parsing: text) == value)
  }

  @Test(arguments: [
    "", "[1,]", "{\"a\" 1}", "{a: 1}", "01x", "+1", ".5", "1 2", "\"", "\"\\x\"", "\"\\u12g4\"",
    "nul", "[", "{\"a\":1", "--1", "1e", "-",
  ]) func `what is no JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
  }

  @Test func `nesting is bounded, and bytes that aren't UTF-8 are refused`() {
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: [UInt8](repeating: UInt8(ascii: "["), count: 1 << 20))
    }
    #expect(throws: JSONError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
  }

  @Test func `a number that isn't finite is written as the string Zarr uses`() {
    let value: JSONValue = [.number(.nan), .number(-.infinity)]
    #expect(value.text(indented: false) == #"["NaN", "-Infinity"]"#)
  }

  /// Source: RFC 4648, 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ]) func `base64 is that of the RFC`(plain: String, encoded: String) {
    #expect(Base64.encode(Array(plain.utf8)) == encoded)
    #expect(Base64.decode(encoded) == Array(plain.utf8))
  }

  @Test(arguments: ["Zg=", "Zh==", "Z===", "Zg==Zg==", "Z g=", "Zm9v\n"])
  func `base64 that says nothing definite is refused`(text: String) {
    #expect(Base64.decode(text) == nil)
  }
}
