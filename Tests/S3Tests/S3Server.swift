import Foundation
import Storage
import Testing

@testable import S3

/// The real S3 server that `scripts/s3-server.sh` starts. Tests that need it run only where
/// `PIXELDRILL_TEST_S3` gives its URL, as under `make test`.
enum S3Server {
  static let url = ProcessInfo.processInfo.environment["PIXELDRILL_TEST_S3"]
  static var isThere: Bool { url != nil }

  static let keys = [
    "AWS_ACCESS_KEY_ID": ProcessInfo.processInfo.environment["AWS_ACCESS_KEY_ID"] ?? "pixeldrill",
    "AWS_SECRET_ACCESS_KEY": ProcessInfo.processInfo.environment["AWS_SECRET_ACCESS_KEY"]
      ?? "pixeldrill-secret",
  ]

  static func options(
    url: String? = url, environment: [String: String] = keys, anonymous: Bool = false
  ) -> StoreOptions {
    var options = StoreOptions(endpointURL: url, anonymous: anonymous)
    options.environment = environment.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }
    return options
  }

  /// A bucket of its own for each call.
  static func newBucket(policy: String? = nil) async throws -> S3Store {
    let bucket = "test-\(UUID().uuidString.lowercased())"
    let store = try open(bucket, options())
    try await store.client.perform(
      S3Request(method: .put), about: nil, permission: "s3:CreateBucket"
    ) { response, _ throws(StoreError) in response.status == 200 ? .done(()) : nil }
    if let policy {
      let text = policy.replacingOccurrences(of: "BUCKET", with: bucket)
      try await store.client.perform(
        S3Request(method: .put, query: [("policy", "")], body: Array(text.utf8)), about: nil,
        permission: "s3:PutBucketPolicy"
      ) { response, _ throws(StoreError) in response.status < 300 ? .done(()) : nil }
    }
    return store
  }

  static func open(_ bucket: String, _ options: StoreOptions) throws -> S3Store {
    let (store, _) = try Stores(options).open(.s3(bucket: bucket, key: nil))
    return try #require(store as? S3Store)
  }

  /// Everyone may do these things with a bucket's objects, or the bucket.
  static func policy(objects: [String], bucket: [String]) -> String {
    func statement(_ actions: [String], _ resource: String) -> String {
      let list = actions.map { "\"s3:\($0)\"" }.joined(separator: ",")
      return
        "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":[\(list)],\"Resource\":\"\(resource)\"}"
    }
    var statements: [String] = []
    if !objects.isEmpty { statements.append(statement(objects, "arn:aws:s3:::BUCKET/*")) }
    if !bucket.isEmpty { statements.append(statement(bucket, "arn:aws:s3:::BUCKET")) }
    return "{\"Version\":\"2012-10-17\",\"Statement\":[\(statements.joined(separator: ","))]}"
  }
}
