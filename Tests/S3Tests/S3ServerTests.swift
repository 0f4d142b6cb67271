import Foundation
import Storage
import StoreContract
import Testing

@testable import S3

@Suite(.enabled(if: S3Server.isThere, "needs a real S3 server; see S3Server"))
struct S3ServerTests {
  private let x = StoreKey(literal: "a/x")

  @Test(arguments: StoreCheck.all)
  func `a bucket is a store`(check: StoreCheck) async throws {
    try await check.run(try await S3Server.newBucket())
  }

  @Test(arguments: StoreCheck.all)
  func `a prefix of a bucket is a store`(check: StoreCheck) async throws {
    let bucket = try await S3Server.newBucket()
    try await check.run(PrefixStore(bucket, prefix: StoreKey(literal: "some where/é")))
  }

  @Test func `a value beside keys below it is apart from them`() async throws {
    let store = try await S3Server.newBucket()
    for name in ["a", "a/b", "a/b/c"] { try await store.write([1], to: StoreKey(literal: name)) }
    let top = try await store.list(nil, recursive: false)
    #expect(top.objects.map(\.key.text) == ["a"])
    #expect(top.prefixes.map(\.text) == ["a"])
    #expect(
      try await store.list(StoreKey(literal: "a"), recursive: true).objects.map(\.key.text)
        == ["a/b", "a/b/c"])
  }

  @Test func `five thousand keys are listed and deleted, in pages`() async throws {
    let store = try await S3Server.newBucket()
    let keys = (0..<5_000).map { StoreKey(literal: "part/\($0 % 7)/key=\($0)") }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, key) in keys.enumerated() {
        if index >= 32 { try await group.next() }
        group.addTask { try await store.write([UInt8(index % 251)], to: key) }
      }
      try await group.waitForAll()
    }
    let listing = try await store.list(nil, recursive: true)
    #expect(listing.objects.map(\.key) == keys.sorted())
    #expect(
      try await store.list(StoreKey(literal: "part"), recursive: false).prefixes.map(\.name)
        == (0..<7).map(String.init))
    try await store.delete(keys)
    #expect(try await store.list(nil, recursive: true) == Listing())
  }

  @Test func `a wrong secret is refused, and the error says what is needed`() async throws {
    let bucket = try await S3Server.newBucket().client.bucket
    let wrong = S3Server.keys.merging(["AWS_SECRET_ACCESS_KEY": "not-the-secret"]) { $1 }
    let store = try S3Server.open(bucket, S3Server.options(environment: wrong))
    await #expect(
      throws: StoreError.accessDenied(
        key: x, permission: "valid credentials (SignatureDoesNotMatch)", location: "s3://\(bucket)")
    ) { try await store.read(x) }
    await #expect(throws: StoreError.self) { try await store.write([1], to: x) }
    await #expect(throws: StoreError.self) { try await store.list(nil, recursive: true) }
    await #expect(throws: StoreError.self) { try await store.info(x) }
  }

  @Test func `an unknown key is refused`() async throws {
    let bucket = try await S3Server.newBucket().client.bucket
    let wrong = S3Server.keys.merging(["AWS_ACCESS_KEY_ID": "NOBODY"]) { $1 }
    let store = try S3Server.open(bucket, S3Server.options(environment: wrong))
    await #expect(
      throws: StoreError.accessDenied(
        key: x, permission: "valid credentials (InvalidAccessKeyId)", location: "s3://\(bucket)")
    ) { try await store.read(x) }
  }

  @Test func `a bucket that is not there is an error, not absence`() async throws {
    let store = try S3Server.open("no-such-bucket-at-all", S3Server.options())
    let error = StoreError.unavailable(
      key: nil, location: "s3://no-such-bucket-at-all", attempts: 1, httpStatus: 404,
      reason: "there is no such bucket")
    await #expect(throws: error) { try await store.read(x) }
    await #expect(throws: error) { try await store.read(x, .bounds(0..<10)) }
    await #expect(throws: error) { try await store.info(x) }
    await #expect(throws: error) { try await store.list(nil, recursive: true) }
    await #expect(throws: error) { try await store.write([1], to: x) }
  }

  @Test func `a public bucket is read anonymously`() async throws {
    let owner = try await S3Server.newBucket(
      policy: S3Server.policy(objects: ["GetObject"], bucket: ["ListBucket"]))
    try await owner.write([1, 2, 3], to: x)
    let store = try S3Server.open(
      owner.client.bucket, S3Server.options(environment: [:], anonymous: true))
    #expect(try await store.read(x) == [1, 2, 3])
    #expect(try await store.read(x, .bounds(1..<3)) == [2, 3])
    #expect(try await store.read(StoreKey(literal: "absent")) == nil)
    #expect(try await store.list(nil, recursive: true).objects.map(\.key) == [x])
    await #expect {
      try await store.write([1], to: x)
    } throws: {
      guard case StoreError.accessDenied(_, let permission, _) = $0 else { return false }
      return permission.contains("s3:PutObject") && permission.contains("anonymous")
    }
  }

  @Test func `where listing is forbidden, absence can't be told, and is an error`() async throws {
    let owner = try await S3Server.newBucket(
      policy: S3Server.policy(objects: ["GetObject"], bucket: []))
    try await owner.write([1, 2, 3], to: x)
    let store = try S3Server.open(
      owner.client.bucket, S3Server.options(environment: [:], anonymous: true))
    #expect(try await store.read(x) == [1, 2, 3])
    for read in [ByteRange.all, .bounds(0..<1), .suffix(1)] {
      await #expect {
        try await store.read(StoreKey(literal: "absent"), read)
      } throws: {
        guard case StoreError.accessDenied(_, let permission, _) = $0 else { return false }
        return permission.contains("s3:ListBucket")
      }
    }
  }

  @Test func `the server checks what we send`() async throws {
    let store = try await S3Server.newBucket()
    var request = S3Request(method: .put, key: "x", body: [1, 2, 3])
    request.headers = [("content-md5", S3Client.md5([1, 2, 4]))]
    await #expect(throws: StoreError.self) {
      try await store.client.perform(request, about: nil, permission: "s3:PutObject") {
        response, _ throws(StoreError) in response.status == 200 ? .done(()) : nil
      }
    }
    #expect(try await store.read(StoreKey(literal: "x")) == nil)
  }

  @Test func `no unfinished upload is left in a bucket`() async throws {
    let store = try await S3Server.newBucket()
    let upload = try await store.upload(to: x)
    // More than may be on its way at once, so that some has arrived.
    try await upload.append([UInt8](repeating: 7, count: 33 << 20))
    func open() async throws -> Int {
      try await store.answer(
        to: S3Request(method: .get, query: [("uploads", "")]),
        named: "ListMultipartUploadsResult", permission: ""
      ).children("Upload").count
    }
    #expect(try await open() == 1)
    try await store.removeUnfinishedUploads(below: StoreKey(literal: "b"))
    #expect(try await open() == 1)
    try await store.removeUnfinishedUploads(below: StoreKey(literal: "a"))
    #expect(try await open() == 0)
    await #expect(throws: StoreError.self) { try await upload.finish() }
    await upload.cancel()
    #expect(try await store.read(x) == nil)
  }
}
