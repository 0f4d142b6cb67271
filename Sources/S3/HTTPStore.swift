internal import Foundation
public import Storage

/// Files on a web server, for reading. It needs a server that answers ranges.
public final class HTTPStore: ByteStore {
  private let origin: String
  private let query: String?
  private let sender: RequestSender

  public var location: String { origin }

  init(_ location: HTTPLocation, sender: RequestSender) {
    origin = location.origin
    query = location.query
    self.sender = sender
  }

  public func info(_ key: StoreKey) async throws(StoreError) -> ObjectInfo? {
    if let answer = try await size(key, .head) { return answer.info }
    // A server may refuse HEAD, as signed URLs for GET do.
    return try await size(key, .get)?.info
  }

  public func read(_ key: StoreKey, _ range: ByteRange) async throws(StoreError) -> [UInt8]? {
    if range.needsOnlySize { return try await resolveBySize(key, range) }
    let answer: [UInt8]?? = try await perform(.get, key, range) { response in
      switch response.status {
      case 404, 410: return .done(.some(nil))
      case 200 where !response.saysItsLength:
        return .failed(
          .badAnswer(
            key: key, location: self.location,
            reason: "the answer doesn't say how long it is, so that a part can't be told from all"))
      default: break
      }
      if let encoding = response.header("Content-Encoding"), encoding != "identity" {
        return .failed(
          .badAnswer(
            key: key, location: self.location, reason: "the answer is encoded with \(encoding)"))
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
    guard let answer else { return try await resolveBySize(key, range) }
    return answer
  }

  public func write(
    _ bytes: [UInt8], to key: StoreKey, _ condition: WriteCondition
  ) async throws(StoreError) { throw readOnly }

  public func upload(to key: StoreKey) async throws(StoreError) -> any Upload { throw readOnly }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) { throw readOnly }

  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    throw .unsupported(location: location, reason: "a web server can't be listed")
  }

  private var readOnly: StoreError {
    .unsupported(location: location, reason: "nothing can be written by HTTP")
  }

  private struct SizeAnswer: Sendable { let info: ObjectInfo? }

  /// `nil` if the server doesn't take this method.
  private func size(
    _ key: StoreKey, _ method: HTTPRequest.Method
  ) async throws(StoreError) -> SizeAnswer? {
    try await perform(method, key, method == .head ? .all : .bounds(0..<1)) { response in
      func found(_ byteCount: Int) -> SizeAnswer {
        SizeAnswer(
          info: ObjectInfo(
            key: key, byteCount: byteCount, etag: S3Store.etag(response),
            modifiedSeconds: response.header("Last-Modified").flatMap(S3Client.httpDate)))
      }
      switch (response.status, method) {
      case (404, _), (410, _): return .done(SizeAnswer(info: nil))
      case (403, .head), (405, .head), (501, .head): return .done(nil)
      case (200, .head):
        let length = response.header("Content-Length").flatMap(Int.init)
        return .done(length.map(found))
      case (206, .get), (416, .get):
        guard let byteCount = ContentRange(response.header("Content-Range"))?.byteCount else {
          return .failed(
            .badAnswer(
              key: key, location: self.location, reason: "the server doesn't say the file's length")
          )
        }
        return .done(found(byteCount))
      case (200, .get):
        return .failed(
          .badAnswer(key: key, location: self.location, reason: "the server does not answer ranges")
        )
      default: return nil
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
        reason: "the server refuses bytes \(bounds) of a file of \(info.byteCount)")
    }
    return []
  }

  private func perform<Answer: Sendable>(
    _ method: HTTPRequest.Method, _ key: StoreKey, _ range: ByteRange,
    judge: (HTTPResponse) -> RequestSender.Verdict<Answer>?
  ) async throws(StoreError) -> Answer {
    var request = HTTPRequest(
      method: method,
      url: "\(origin)/\(PercentEncoding.encode(key.text, keepsSlashes: true))"
        + (query.map { "?\($0)" } ?? ""))
    request.followsRedirects = true
    if let header = range.header { request.headers.append(("Range", header)) }
    // Room for an error's page.
    request.answerByteLimit = range.largestCount.map { max($0, 1 << 20) } ?? Int.max
    let subject = RequestSender.Subject(
      key: key, location: location, byteCount: range.largestCount ?? 1 << 20)
    return try await sender.perform(subject) { [request] _ throws(StoreError) in
      request
    } judge: { response, attempt throws(StoreError) in
      if let verdict = judge(response) { return verdict }
      let retryAfter = response.header("Retry-After").flatMap(Double.init).map { max(0, $0) }
      let reason = "the server answered with an error"
      switch response.status {
      case 429, 503:
        return .retry(
          .throttled, status: response.status, reason: reason, retryAfter: retryAfter)
      case 408, 500, 502, 504:
        return .retry(
          .transient, status: response.status, reason: reason, retryAfter: retryAfter)
      case 401, 403:
        return .failed(
          .accessDenied(
            key: key, permission: "permission to read (HTTP \(response.status))",
            location: self.location))
      default:
        return .failed(
          .unavailable(
            key: key, location: self.location, attempts: attempt.number,
            httpStatus: response.status, reason: reason))
      }
    }
  }
}
