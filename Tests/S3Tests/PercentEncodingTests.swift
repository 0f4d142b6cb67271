import Testing

@testable import S3

struct PercentEncodingTests {
  @Test func `all but unreserved characters are encoded, in capitals`() {
    #expect(PercentEncoding.encode("aZ09-._~") == "aZ09-._~")
    #expect(PercentEncoding.encode("a b+c=d,e:f@g%h/é") == "a%20b%2Bc%3Dd%2Ce%3Af%40g%25h%2F%C3%A9")
    #expect(PercentEncoding.encode("a/b c", keepsSlashes: true) == "a/b%20c")
  }

  @Test func `a form's encoding is undone`() {
    #expect(PercentEncoding.decodeForm("a+b%2Bc%c3%A9%2F/") == "a b+cé//")
    for malformed in ["%", "%4", "%zz", "%ff"] {
      #expect(PercentEncoding.decodeForm(malformed) == nil)
    }
  }
}
