import Foundation
import Storage
import Testing

@testable import S3

struct S3StoreTests {
  private let x = StoreKey(literal: "a/x")

  private func partial(_ range: String, _ body: String) -> ScriptedTransport.Answer {
    .response(206, headers: ["Content-Range": "bytes \(range)"], body: body)
  }

  // MARK: - Absent, failed, right

  @Test func `only S3's own NoSuchKey is absence`() async throws {
    let absent = ScriptedTransport([.s3(404, "NoSuchKey")])
    #expect(try await absent.store().read(x) == nil)
    for answers: [ScriptedTransport.Answer] in [
      [.s3(403, "AccessDenied")], [.s3(404, "NoSuchBucket")], [.s3(404, "NoSuchUpload")],
      .init(repeating: .response(404, body: "<html>not found</html>"), count: 5),
      .init(repeating: .response(404, body: "<Error><Code>NoSuchKe"), count: 5),
      [.response(410)], [.response(204)], [.response(302, headers: ["Location": "/"])],
      [.response(200, body: "<Error><Code>InternalError</Code></Error>")],
    ] {
      let transport = ScriptedTransport(answers)
      await #expect(throws: StoreError.self, "\(answers[0])") {
        try await transport.store().read(x, .bounds(0..<4))
      }
      #expect(transport.unused == 0)
    }
  }

  @Test func `a missing key is not told from a missing bucket by HEAD alone`() async throws {
    let transport = ScriptedTransport([
      .response(404), .s3(404, "NoSuchKey"), .response(404), .response(404),
    ])
    let store = try transport.store()
    #expect(try await store.info(x) == nil)
    #expect(try await store.info(x) == nil)
    #expect(transport.requests.map(\.method) == [.head, .get, .head])
    let other = ScriptedTransport([.response(404), .s3(404, "NoSuchBucket")])
    await #expect(throws: StoreError.self) { try await other.store().info(x) }
  }

  @Test func `a range is answered with exactly its bytes, or it is an error`() async throws {
    let right = ScriptedTransport([partial("2-4/9", "cde")])
    #expect(try await right.store().read(x, .bounds(2..<5)) == Array("cde".utf8))
    #expect(right.requests[0].header("Range") == "bytes=2-4")
    #expect(right.requests[0].header("Authorization")?.contains("range") == false)

    for wrong in [
      partial("1-3/9", "bcd"), partial("2-4/9", "cd"), partial("2-3/9", "cd"),
      partial("x-4/9", "cde"), .response(206, body: "cde"),
      .response(206, headers: ["Content-Range": "bytes */9"], body: "cde"),
    ] {
      let transport = ScriptedTransport(.init(repeating: wrong, count: 5))
      await #expect {
        try await transport.store().read(x, .bounds(2..<5))
      } throws: {
        guard case StoreError.badAnswer = $0 else { return false }
        return true
      }
      #expect(transport.unused == 0)
    }
    let whole = ScriptedTransport([.response(200, body: "abcdefghi")])
    await #expect(
      throws: StoreError.badAnswer(
        key: x, location: "s3://bucket", reason: "the server does not answer ranges")
    ) { try await whole.store().read(x, .bounds(2..<5)) }
  }

  @Test func `an answer that could have been cut off unseen is not taken`() async throws {
    let transport = ScriptedTransport([
      .response(200, headers: ["Content-Length": ""], body: "ab"), .response(200, body: "abc"),
    ])
    #expect(try await transport.store().read(x) == Array("abc".utf8))
  }

  @Test func `a wrong answer is asked for again`() async throws {
    let transport = ScriptedTransport([partial("1-3/9", "bcd"), partial("2-4/9", "cde")])
    #expect(try await transport.store().read(x, .bounds(2..<5)) == Array("cde".utf8))
  }

  @Test func `a range past the end names the size, however the server says it`() async throws {
    let error = StoreError.rangeOutOfBounds(5..<12, byteCount: 9, key: x)
    for answers in [
      [partial("5-8/9", "fghi")],
      [.s3(416, "InvalidRange", headers: ["Content-Range": "bytes */9"])],
      [.s3(416, "InvalidRange"), .response(200, headers: ["Content-Length": "9"])],
    ] {
      let transport = ScriptedTransport(answers)
      await #expect(throws: error) { try await transport.store().read(x, .bounds(5..<12)) }
    }
  }

  @Test func `a whole value is held against its checksum`() async throws {
    // MD5 of “abc”, RFC 1321; CRC-32C of “123456789”.
    let md5 = "900150983cd24fb0d6963f7d28e17f72"
    let good: [(String, [String: String])] = [
      ("abc", ["ETag": "\"\(md5)\""]), ("abd", ["ETag": "\"\(md5)-3\""]),
      ("abd", ["ETag": "\"\(md5)\"", "x-amz-server-side-encryption": "aws:kms"]),
      ("123456789", ["x-amz-checksum-crc32c": "4waSgw=="]),
    ]
    for (body, headers) in good {
      let transport = ScriptedTransport([.response(200, headers: headers, body: body)])
      #expect(try await transport.store().read(x) == Array(body.utf8))
    }
    let bad: [(String, [String: String])] = [
      ("abd", ["ETag": "\"\(md5)\""]),
      ("abd", ["ETag": "\"\(md5)\"", "x-amz-server-side-encryption": "AES256"]),
      ("123456788", ["x-amz-checksum-crc32c": "4waSgw=="]),
    ]
    for (body, headers) in bad {
      let answer = ScriptedTransport.Answer.response(200, headers: headers, body: body)
      let transport = ScriptedTransport(.init(repeating: answer, count: 5))
      await #expect {
        try await transport.store().read(x)
      } throws: {
        guard case StoreError.badAnswer(_, _, let reason) = $0 else { return false }
        return reason.contains("checksum")
      }
    }
  }

  // MARK: - Trying again

  @Test(arguments: [
    ScriptedTransport.Answer.s3(503, "SlowDown"), .s3(500, "InternalError"), .response(502),
    .response(504), .response(429), .response(408), .s3(400, "RequestTimeout"),
    .error(.broken(reason: "reset")), .error(.timedOut(reason: "slow")),
  ])
  func `what may pass is tried five times`(answer: ScriptedTransport.Answer) async throws {
    let healed = ScriptedTransport(
      .init(repeating: answer, count: 4) + [.response(200, body: "abc")])
    #expect(try await healed.store().read(x) == Array("abc".utf8))

    let broken = ScriptedTransport(.init(repeating: answer, count: 6))
    await #expect {
      try await broken.store().read(x)
    } throws: {
      guard case StoreError.unavailable(x, "s3://bucket", 5, _, _) = $0 else { return false }
      return true
    }
    #expect(broken.waits.count == 4)
  }

  @Test(arguments: [
    ScriptedTransport.Answer.s3(403, "AccessDenied"), .s3(403, "SignatureDoesNotMatch"),
    .s3(404, "NoSuchBucket"), .s3(400, "InvalidArgument"), .s3(501, "NotImplemented"),
    .error(.impossible(reason: "no such scheme")),
  ])
  func `what won't pass is not tried again`(answer: ScriptedTransport.Answer) async throws {
    let transport = ScriptedTransport([answer, .response(200, body: "abc")])
    await #expect(throws: StoreError.self) { try await transport.store().read(x) }
    #expect(transport.unused == 1)
  }

  @Test func `a server that says when to come back is heeded`() async throws {
    let transport = ScriptedTransport([
      .s3(503, "SlowDown", headers: ["Retry-After": "7"]), .response(200, body: "abc"),
    ])
    _ = try await transport.store().read(x)
    #expect(transport.waits == [7])
  }

  @Test func `a wait past the deadline is not begun`() async throws {
    let transport = ScriptedTransport([.s3(503, "SlowDown", headers: ["Retry-After": "9999"])])
    await #expect(throws: StoreError.self) { try await transport.store().read(x) }
    #expect(transport.waits == [])
  }

  @Test func `a success with an error in it is no success`() async throws {
    let result = "<CompleteMultipartUploadResult/>"
    let transport = ScriptedTransport([
      .response(
        200,
        body:
          "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"),
      .response(200, headers: ["ETag": "\"e1\""]),
      .s3(200, "InternalError"), .response(200, body: result),
    ])
    let upload = try await transport.store().upload(to: x)
    try await upload.append([UInt8](repeating: 1, count: 8 << 20))
    try await upload.finish()
    #expect(transport.unused == 0)
    #expect(transport.requests.last?.body.isEmpty == false)
  }

  // MARK: - Lost answers

  @Test func `a conditional write whose answer was lost is recognised as ours`() async throws {
    let transport = ScriptedTransport([
      .error(.broken(reason: "reset")), .s3(412, "PreconditionFailed"),
    ])
    await #expect(throws: StoreError.self) {
      try await transport.store().write([1], to: x, .ifAbsent)
    }
    let writer = try #require(transport.requests[0].header("x-amz-meta-pixeldrill-writer"))
    #expect(transport.requests[1].header("x-amz-meta-pixeldrill-writer") == writer)
    #expect(transport.requests[2].method == .head)

    // The same writer in what HEAD says: ours. The name is new each time, so a transport answers
    // with what it was sent.
    let echo = EchoTransport()
    var options = StoreOptions()
    options.environment = ScriptedTransport.environment
    let sender = RequestSender(
      transport: echo, policy: RetryPolicy(),
      flight: FlightLimit(requests: 1, byteLimit: 1)
    ) { _ in }
    let store = S3Store(
      client: try S3Client(
        bucket: "bucket", settings: S3Settings(options, transport: echo), sender: sender))
    try await store.write([1], to: x, .ifAbsent)
  }

  /// Loses the answer of the first PUT, refuses the second, and knows who wrote.
  private final class EchoTransport: HTTPTransport {
    private let puts = ScriptedTransport([
      .error(.broken(reason: "reset")), .s3(412, "PreconditionFailed"),
    ])

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
      if request.method == .put { return try await puts.send(request) }
      let writer = puts.requests[0].header("x-amz-meta-pixeldrill-writer") ?? ""
      return HTTPResponse(
        status: 200, head: Array("x-amz-meta-pixeldrill-writer: \(writer)\r\n".utf8), body: [])
    }
  }

  @Test func `a conditional write that was refused at once is somebody else's`() async throws {
    let transport = ScriptedTransport([.s3(412, "PreconditionFailed")])
    await #expect(throws: StoreError.alreadyExists(key: x)) {
      try await transport.store().write([1], to: x, .ifAbsent)
    }
    #expect(transport.requests[0].header("If-None-Match") == "*")
  }

  @Test func `an upload completed by an attempt whose answer was lost is found`() async throws {
    let etag = try #require(S3Upload.etag(ofParts: ["900150983cd24fb0d6963f7d28e17f72"]))
    for (size, isOurs) in [(8 << 20, true), (7, false)] {
      let transport = ScriptedTransport([
        .response(
          200,
          body:
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"),
        .response(200, headers: ["ETag": "\"900150983cd24fb0d6963f7d28e17f72\""]),
        .error(.broken(reason: "reset")), .s3(404, "NoSuchUpload"),
        .response(200, headers: ["Content-Length": "\(size)", "ETag": "\"\(etag)\""]),
      ])
      let upload = try await transport.store().upload(to: x)
      try await upload.append([UInt8](repeating: 1, count: 8 << 20))
      if isOurs {
        try await upload.finish()
      } else {
        await #expect(throws: StoreError.self) { try await upload.finish() }
      }
    }
  }

  // MARK: - Corrections

  @Test func `a bucket in another region is asked there, from then on`() async throws {
    let transport = ScriptedTransport([
      .s3(301, "PermanentRedirect", headers: ["x-amz-bucket-region": "ap-southeast-2"]),
      .response(200, body: "abc"), .response(200, body: "abc"),
    ])
    let store = try transport.store()
    _ = try await store.read(x)
    _ = try await store.read(x)
    #expect(
      transport.requests.map(\.url) == [
        "https://bucket.s3.us-east-1.amazonaws.com/a/x",
        "https://bucket.s3.ap-southeast-2.amazonaws.com/a/x",
        "https://bucket.s3.ap-southeast-2.amazonaws.com/a/x",
      ])
    #expect(transport.requests[1].header("Authorization")?.contains("/ap-southeast-2/s3/") == true)
    #expect(transport.waits == [])
  }

  @Test func `a clock that is wrong is corrected by the server's`() async throws {
    let transport = ScriptedTransport([
      .s3(403, "RequestTimeTooSkewed", headers: ["Date": "Wed, 01 Jan 2070 00:00:30 GMT"]),
      .response(200, body: "abc"),
    ])
    _ = try await transport.store().read(x)
    #expect(transport.requests[1].header("x-amz-date")?.hasPrefix("20700101T0000") == true)
  }

  @Test func `expired credentials that can't be renewed are an error that says so`() async throws {
    for (status, code) in [(400, "ExpiredToken"), (403, "ExpiredToken")] {
      let transport = ScriptedTransport([.s3(status, code)])
      await #expect(
        throws: StoreError.accessDenied(
          key: x, permission: "credentials that have not expired (ExpiredToken)",
          location: "s3://bucket")
      ) { try await transport.store().read(x) }
    }
  }

  @Test func `expired credentials are renewed once`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    // A new key each time.
    let script = """
      echo x >> \(folder.path)/n
      echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"KEY$(wc -l < \(folder.path)/n)\\",\\"SecretAccessKey\\":\\"s\\"}"
      """
    try script.write(to: folder.appendingPathComponent("p.sh"), atomically: true, encoding: .utf8)
    try "[profile p]\ncredential_process = sh \(folder.path)/p.sh\n".write(
      to: folder.appendingPathComponent("config"), atomically: true, encoding: .utf8)
    let environment = [
      "AWS_CONFIG_FILE": folder.path + "/config", "AWS_PROFILE": "p", "HOME": folder.path,
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
    ]
    let transport = ScriptedTransport([.s3(400, "ExpiredToken"), .response(200, body: "abc")])
    #expect(try await transport.store(environment: environment).read(x) == Array("abc".utf8))
    let used = transport.requests.compactMap { $0.header("Authorization") }
    #expect(used[0].contains("Credential=KEY1/"))
    #expect(used[1].contains("Credential=KEY2/"))
  }

  // MARK: - What is sent

  @Test func `what is sent can be checked by the server`() async throws {
    let signed = ScriptedTransport([.response(200)])
    try await signed.store().write(Array("abc".utf8), to: x)
    // FIPS 180-2, B.1.
    #expect(
      signed.requests[0].header("x-amz-content-sha256")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(signed.requests[0].header("x-amz-security-token") == "token-of-the-test")

    let anonymous = ScriptedTransport([.response(200)])
    try await anonymous.store(options: StoreOptions(anonymous: true)).write(
      Array("abc".utf8), to: x)
    #expect(anonymous.requests[0].header("content-md5") == "kAFQmDzST7DWlj99KOF/cg==")
    #expect(anonymous.requests[0].header("Authorization") == nil)
  }

  @Test func `a requester who pays says so, signed`() async throws {
    let transport = ScriptedTransport([.response(200, body: "abc")])
    _ = try await transport.store(options: StoreOptions(requesterPays: true)).read(x)
    #expect(transport.requests[0].header("x-amz-request-payer") == "requester")
    #expect(
      transport.requests[0].header("Authorization")?.contains("x-amz-request-payer") == true)
  }

  @Test func `odd keys are encoded once`() async throws {
    let transport = ScriptedTransport([.response(200)])
    _ = try await transport.store().read(
      StoreKey(literal: "a b/=+,:@%é/../x".replacing("/..", with: "")))
    #expect(
      transport.requests[0].url
        == "https://bucket.s3.us-east-1.amazonaws.com/a%20b/%3D%2B%2C%3A%40%25%C3%A9/x")
  }

  // MARK: - Secrets

  @Test func `no error holds a secret, whatever the server says`() async throws {
    let answers: [ScriptedTransport.Answer] = [
      .s3(403, "SignatureDoesNotMatch"), .s3(403, "AccessDenied"), .s3(400, "ExpiredToken"),
      .s3(404, "NoSuchBucket"), .s3(500, "InternalError"), .s3(400, "secret-of-the-test"),
      .s3(416, "InvalidRange"), .response(404, body: "secret-of-the-test"),
      .response(418, body: "secret-of-the-test"), .s3(409, "Conflict"),
      .response(200, body: "secret-of-the-test"),
    ]
    for answer in answers {
      @Sendable func store() throws -> S3Store {
        try ScriptedTransport(.init(repeating: answer, count: 6)).store()
      }
      @Sendable func web() throws -> HTTPStore {
        try ScriptedTransport(.init(repeating: answer, count: 6)).webStore()
      }
      let attempts: [@Sendable () async throws -> Void] = [
        { _ = try await store().read(x, .bounds(0..<9)) }, { _ = try await store().info(x) },
        { try await store().write([1], to: x, .ifAbsent) },
        { _ = try await store().list(nil, recursive: true) },
        { try await store().delete([x, x]) },
        { try await store().removeUnfinishedUploads(below: nil) },
        { _ = try await web().read(x, .bounds(0..<9)) }, { _ = try await web().info(x) },
        { try await web().write([1], to: x) }, { _ = try await web().list(nil, recursive: true) },
      ]
      for attempt in attempts {
        do {
          try await attempt()
        } catch {
          for text in ["\(error)", String(reflecting: error)] {
            #expect(!text.contains("of-the-test"), "\(text)")
            #expect(!text.contains("AKIDTEST"), "\(text)")
          }
        }
      }
    }
  }
}
