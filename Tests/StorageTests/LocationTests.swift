import Testing

@testable import Storage

struct LocationTests {
  @Test(arguments: [
    ("data", Location.path("data")),
    ("/data/a b", .path("/data/a b")),
    ("a:b/c", .path("a:b/c")),
    ("file:///data/a%20b", .path("/data/a b")),
    ("file://localhost/data", .path("/data")),
    ("s3://bucket", .s3(bucket: "bucket", key: nil)),
    ("s3://bucket/", .s3(bucket: "bucket", key: nil)),
    ("S3://bucket/a/b%20c/", .s3(bucket: "bucket", key: StoreKey(literal: "a/b%20c"))),
  ])
  func `a place is told by its form`(text: String, location: Location) throws {
    #expect(try Location(text) == location)
  }

  @Test func `a URL's path is resolved and its query kept`() throws {
    guard case .http(let http) = try Location("https://h.org:81/a/b%20c?x=%2F1#top") else {
      throw LocationError(text: "", reason: "not http")
    }
    #expect(http.origin == "https://h.org:81")
    #expect(http.key == StoreKey(literal: "a/b c"))
    #expect(http.query == "x=%2F1")
    #expect(http.description == "https://h.org:81/a/b c?…")
  }

  @Test(arguments: [
    "", "s3://", "s3:///key", "s3://bu cket/x", "s3://b/a//b", "s3://b/../x", "ftp://h/x",
    "https://", "https:///x", "http://user@h/x", "https://h/a%2Fb", "https://h/%zz", "https://h//x",
    "file://host/x", "file://",
  ])
  func `what names no place is refused with its text`(text: String) {
    #expect(throws: LocationError.self) { try Location(text) }
    do { _ = try Location(text) } catch { #expect(error.text.hasPrefix(text.prefix(5))) }
  }

  @Test(arguments: [
    "https://user:hunter2@h.org/x?y", "https://h.org//x?X-Amz-Signature=hunter2",
    "gs://user:hunter2@h.org/x", "https://h.org/%zz?sig=hunter2",
  ])
  func `a refusal doesn't repeat secrets`(text: String) {
    do {
      _ = try Location(text)
      Issue.record("accepted")
    } catch {
      #expect(!error.description.contains("hunter2"))
    }
  }
}
