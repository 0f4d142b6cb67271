import Storage
import Testing

@testable import S3

struct S3EndpointTests {
  @Test(
    arguments: [
      ("b", "eu-west-1", nil, "https://b.s3.eu-west-1.amazonaws.com/k"),
      ("b", "cn-north-1", nil, "https://b.s3.cn-north-1.amazonaws.com.cn/k"),
      ("b.c", "eu-west-1", nil, "https://s3.eu-west-1.amazonaws.com/b.c/k"),
      ("B", "us-east-1", nil, "https://s3.us-east-1.amazonaws.com/B/k"),
      ("b", "x", "http://localhost:9000", "http://localhost:9000/b/k"),
      ("b", "x", "https://H.org:443/s3", "https://h.org/s3/b/k"),
    ] as [(String, String, String?, String)])
  func `a bucket is part of the host at AWS, of the path elsewhere`(
    bucket: String, region: String, endpoint: String?, url: String
  ) throws {
    let endpoint = try S3Endpoint(bucket: bucket, region: region, endpointURL: endpoint)
    #expect(endpoint.url(path: endpoint.path("k"), query: []) == url)
  }

  @Test(arguments: ["localhost:9000", "ftp://h", "http://", "http://u:p@h", "http://h/?x"])
  func `an endpoint that is no URL is refused, unseen`(text: String) {
    #expect(
      throws: StoreError.unsupported(
        location: "s3://b", reason: "the endpoint must be a URL like https://s3.example.org")
    ) { try S3Endpoint(bucket: "b", region: "x", endpointURL: text) }
  }

  @Test(
    arguments: [
      ("bytes 0-9/20", 0..<10, 20), ("bytes 5-5/*", 5..<6, nil), ("bytes */7", nil, 7),
    ] as [(String, Range<Int>?, Int?)])
  func `a content range is read`(text: String, bounds: Range<Int>?, byteCount: Int?) {
    #expect(ContentRange(text)?.bounds == bounds)
    #expect(ContentRange(text)?.byteCount == byteCount)
  }

  @Test(arguments: [
    "", "bytes", "bytes 0-9", "bytes 9-0/20", "bytes -1/20", "bytes 0-x/20", "lines 0-9/20",
    "bytes 0-9223372036854775807/9", "bytes 0-1-2/9", "bytes 0-1/9/9",
  ])
  func `a content range that makes no sense is none`(text: String) {
    #expect(ContentRange(text) == nil)
  }

  @Test func `a date is read`() {
    #expect(S3Client.httpDate("Fri, 24 May 2013 00:00:00 GMT") == 1_369_353_600)
    for text in ["", "Fri, 24 May 2013", "Fri, 24 Mai 2013 00:00:00 GMT", "now"] {
      #expect(S3Client.httpDate(text) == nil)
    }
  }
}
