internal import Crypto
internal import Foundation
public import Storage
internal import Synchronization

/// The objects of a bucket.
///
/// - 404 with S3's `NoSuchKey` is absence, and nothing else is.
/// - What is sent is checked by the server (SHA-256 as part of the signature, MD5 without one); what
///   is read whole is checked against the checksum or MD5 that the server gives.
public final class S3Store: ByteStore {
  let client: S3Client
  /// A key's absence says nothing until we know that the bucket is there.
  private let bucketIsKnown = Atomic(false)

  init(client: S3Client) { self.client = client }

  public var location: String { client.location }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    let found: ObjectInfo?? = try await client.perform(
      S3Request(method: .head, key: key.text), about: key, permission: permission("GetObject", key)
    ) { response, _ throws(StoreError) in
      switch response.status {
      case 200:
        guard let length = response.header("Content-Length").flatMap(Int.init) else {
          return .retry(.corrupt, status: 200, reason: "the answer says no length")
        }
        return .done(
          ObjectInfo(
            key: key, byteCount: length, etag: Self.etag(response),
            modifiedSeconds: response.header("Last-Modified").flatMap(S3Client.httpDate)))
      case 404: return .done(.some(nil))
      default: return nil
      }
    }
    if let info = found ?? nil { return info }
    // An answer without body doesn't say whether it is the key or the bucket that is missing.
    guard !bucketIsKnown.load(ordering: .relaxed) else { return nil }
    guard try await read(key, .bounds(0..<1)) == nil else { return try await info(key) }
    return nil
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    if range.needsOnlySize { return try await resolveBySize(key, range) }
    var request = S3Request(method: .get, key: key.text)
    if let header = range.header { request.headers.append(("range", header)) }
    if range == .all { request.headers.append(("x-amz-checksum-mode", "ENABLED")) }
    // Room for an error's XML.
    request.answerByteLimit = range.largestCount.map { max($0, 1 << 20) } ?? Int.max

    let answer: [UInt8]?? = try await client.perform(
      request, about: key, permission: permission("GetObject", key),
      byteCount: range.largestCount ?? 1 << 20
    ) { response, _ throws(StoreError) in
      if response.status == 404, S3Problem(response).code == "NoSuchKey" {
        return .done(.some(nil))
      }
      if response.status == 200, !response.saysItsLength {
        return .retry(.corrupt, status: 200, reason: "the answer doesn't say how long it is")
      }
      if response.status == 200, range == .all, !Self.matchesChecksum(response) {
        return .retry(.corrupt, status: 200, reason: "the checksum does not match")
      }
      switch RangedAnswer.verdict(range, response, key: key, location: self.location) {
      case .done(let bytes?): return .done(bytes)
      case .done(nil): return .done(nil)
      case .failed(let error): return .failed(error)
      case .retry(let kind, let status, let reason, let retryAfter):
        return .retry(kind, status: status, reason: reason, retryAfter: retryAfter)
      case .again(let reason): return .again(reason: reason)
      case nil: return nil
      }
    }
    bucketIsKnown.store(true, ordering: .relaxed)
    guard let answer else { return try await resolveBySize(key, range) }
    return answer
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) {
    var request = S3Request(method: .put, key: key.text, body: bytes)
    let checksum = CRC32C.checksum(bytes)
    let bigEndian = withUnsafeBytes(of: checksum.bigEndian) { Data($0) }
    request.headers.append(("x-amz-checksum-crc32c", bigEndian.base64EncodedString()))
    let writer = UUID().uuidString
    if condition == .ifAbsent {
      request.headers.append(("if-none-match", "*"))
      request.headers.append((Self.writerHeader, writer))
    }
    try await client.perform(request, about: key, permission: permission("PutObject", key)) {
      response, attempt throws(StoreError) in
      switch response.status {
      case 200...299: return .done(())
      case 412 where condition == .ifAbsent:
        // An attempt whose answer was lost may have written it.
        guard attempt.mayBeDone, try await self.writer(of: key) == writer else {
          return .failed(.alreadyExists(key: key))
        }
        return .done(())
      default: return nil
      }
    }
    bucketIsKnown.store(true, ordering: .relaxed)
  }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload {
    S3Upload(store: self, key: key)
  }

  func permission(_ action: String, _ key: StoreKey?) -> String {
    "s3:\(action) on arn:aws:s3:::\(client.bucket)" + (key.map { "/\($0)" } ?? "")
  }

  static func etag(_ response: HTTPResponse) -> String? {
    response.header("ETag").map { $0.trimmingCharacters(in: ["\""]) }.flatMap {
      $0.isEmpty ? nil : $0
    }
  }

  // MARK: -

  private static let writerHeader = "x-amz-meta-pixeldrill-writer"

  /// Who wrote a value conditionally.
  private func writer(of key: StoreKey) async throws(StoreError) -> String? {
    try await client.perform(
      S3Request(method: .head, key: key.text), about: key, permission: permission("GetObject", key)
    ) { response, _ throws(StoreError) in
      switch response.status {
      case 200: .done(response.header(Self.writerHeader))
      case 404: .done(nil)
      default: nil
      }
    }
  }

  private func resolveBySize(
    _ key: StoreKey, _ range: ByteRange
  ) async throws(StoreError) -> [UInt8]? {
    guard let info = try await info(key) else { return nil }
    guard let bounds = range.resolved(byteCount: info.byteCount) else {
      throw .outOfBounds(range, byteCount: info.byteCount, key: key)
    }
    guard bounds.isEmpty else {
      throw .badAnswer(
        key: key, location: location,
        reason: "the server refuses bytes \(bounds) of a value of \(info.byteCount)")
    }
    return []
  }

  /// Whether a whole object is what its checksum says, if the answer has one.
  static func matchesChecksum(_ response: HTTPResponse) -> Bool {
    // A checksum of checksums, of an object uploaded in parts, ends in “-” and their number.
    if let text = response.header("x-amz-checksum-crc32c"), !text.contains("-") {
      let checksum = CRC32C.checksum(response.body)
      return Data(base64Encoded: text) == withUnsafeBytes(of: checksum.bigEndian) { Data($0) }
    }
    let encryption = response.header("x-amz-server-side-encryption")
    guard encryption == nil || encryption == "AES256",
      response.header("x-amz-server-side-encryption-customer-algorithm") == nil,
      let etag = etag(response), etag.utf8.count == 32,
      etag.utf8.allSatisfy({ 48...57 ~= $0 || 97...102 ~= $0 })
    else { return true }
    return hex(Insecure.MD5.hash(data: response.body)) == etag
  }
}
