internal import Crypto
internal import Foundation
internal import Storage
internal import Synchronization

/// One request to a bucket, before it is signed.
struct S3Request: Sendable {
  var method: HTTPRequest.Method
  /// `nil`: the bucket itself.
  var key: String?
  var query: [(name: String, value: String)] = []
  /// Those named `x-amz-…` and `content-md5` are signed, the others only sent.
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  var answerByteLimit = 64 << 20
}

/// Signs requests to a bucket, and puts right what S3 says is wrong with them.
final class S3Client: Sendable {
  let bucket: String
  let sender: RequestSender
  private let settings: S3Settings

  private struct State {
    /// As S3 corrected it.
    var region: String
    /// What the server's clock is ahead of ours.
    var clockOffsetSeconds = 0
    var signingKey: (credentials: Credentials, scope: String, key: SigningKey)?
  }

  private let state: Mutex<State>

  var location: String { "s3://\(bucket)" }

  init(bucket: String, settings: S3Settings, sender: RequestSender) throws(StoreError) {
    self.bucket = bucket
    self.settings = settings
    self.sender = sender
    state = Mutex(State(region: settings.region))
    _ = try endpoint()
  }

  /// Sends a request; what S3 answers with an error that the policy knows is tried again.
  ///
  /// - Parameter judge: What an answer of any other kind means; statuses 200 to 299 always come here.
  func perform<Answer: Sendable>(
    _ request: S3Request, about key: StoreKey?, permission: String, byteCount: Int = 0,
    judge: (HTTPResponse, RequestSender.Attempt) async throws(StoreError) ->
      RequestSender.Verdict<Answer>?
  ) async throws(StoreError) -> Answer {
    let subject = RequestSender.Subject(
      key: key, location: location, byteCount: byteCount + request.body.count)
    let isAnonymous = settings.credentials == nil
    var used: Credentials?
    return try await sender.perform(subject) { _ throws(StoreError) in
      used = try await credentials(about: key)
      return try signed(request, used)
    } judge: { response, attempt throws(StoreError) in
      if let verdict = try await judge(response, attempt) { return verdict }
      let problem = S3Problem(response)
      if let used, await self.correct(problem, response, used) {
        return .again(reason: problem.text)
      }
      return problem.verdict(
        subject, attempts: attempt.number, permission: permission, isAnonymous: isAnonymous)
    }
  }

  // MARK: - Signing

  private func credentials(about key: StoreKey?) async throws(StoreError) -> Credentials? {
    guard let chain = settings.credentials else { return nil }
    do throws(CredentialError) {
      return try await chain.credentials()
    } catch {
      throw .accessDenied(key: key, permission: "\(error)", location: location)
    }
  }

  private func endpoint() throws(StoreError) -> S3Endpoint {
    try S3Endpoint(
      bucket: bucket, region: state.withLock { $0.region }, endpointURL: settings.endpointURL)
  }

  func signed(
    _ request: S3Request, _ credentials: Credentials?, now: Date = Date()
  ) throws(StoreError) -> HTTPRequest {
    let endpoint = try endpoint()
    let path = endpoint.path(request.key)
    var sent = HTTPRequest(
      method: request.method, url: endpoint.url(path: path, query: request.query),
      headers: request.headers, body: request.body, answerByteLimit: request.answerByteLimit)
    if settings.requesterPays { sent.headers.append(("x-amz-request-payer", "requester")) }
    guard let credentials else {
      // Nothing else lets the server check what we send.
      if !request.body.isEmpty, !request.headers.contains(where: { $0.name == "content-md5" }) {
        sent.headers.append(("content-md5", Self.md5(request.body)))
      }
      return sent
    }

    let region = state.withLock { $0.region }
    let offset = state.withLock { $0.clockOffsetSeconds }
    let timestamp = SignatureV4.timestamp(
      secondsSince1970: Int(now.timeIntervalSince1970) + offset)
    // The server compares it with the body: a checksum, too.
    let payloadHash =
      request.body.isEmpty ? Self.emptyPayloadHash : SignatureV4.sha256(request.body)
    sent.headers.append(("x-amz-date", timestamp))
    sent.headers.append(("x-amz-content-sha256", payloadHash))
    if let token = credentials.sessionToken {
      sent.headers.append(("x-amz-security-token", token))
    }
    let input = SignatureV4.Input(
      method: request.method.rawValue, path: path, query: request.query,
      headers: [("host", endpoint.host)]
        + sent.headers.filter { $0.name.hasPrefix("x-amz-") || $0.name == "content-md5" },
      payloadHash: payloadHash)
    let authorization = SignatureV4(region: region, service: "s3").authorization(
      input, timestamp: timestamp,
      key: signingKey(credentials, day: String(timestamp.prefix(8)), region: region))
    sent.headers.append(("Authorization", authorization))
    return sent
  }

  private func signingKey(_ credentials: Credentials, day: String, region: String) -> SigningKey {
    state.withLock { state in
      let scope = "\(day)/\(region)"
      if let cached = state.signingKey, cached.scope == scope, cached.credentials == credentials {
        return cached.key
      }
      let key = SigningKey(credentials, day: day, region: region, service: "s3")
      state.signingKey = (credentials, scope, key)
      return key
    }
  }

  static func md5(_ bytes: [UInt8]) -> String {
    Data(Insecure.MD5.hash(data: bytes)).base64EncodedString()
  }

  private static let emptyPayloadHash = SignatureV4.sha256([])

  // MARK: - Corrections

  /// Puts right the region, the clock or the credentials; `false` if it was none of these.
  private func correct(
    _ problem: S3Problem, _ response: HTTPResponse, _ used: Credentials
  ) async -> Bool {
    if let region = problem.region(response), settings.endpointURL == nil {
      return state.withLock { state in
        if state.region == region { return false }
        state.region = region
        return true
      }
    }
    switch problem.code {
    case "RequestTimeTooSkewed":
      guard let date = response.header("Date").flatMap(Self.httpDate) else { return false }
      let offset = Int((date - Date().timeIntervalSince1970).rounded())
      return state.withLock { state in
        if abs(state.clockOffsetSeconds - offset) < 30 { return false }
        state.clockOffsetSeconds = offset
        return true
      }
    case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
      guard let chain = settings.credentials else { return false }
      await chain.refuse(used)
      guard let fresh = try? await chain.credentials() else { return false }
      return fresh != used
    default: return false
    }
  }

  /// Seconds since 1970 of, for example, `Fri, 24 May 2013 00:00:00 GMT`.
  ///
  /// Source: RFC 9110, 5.6.7.
  static func httpDate(_ text: String) -> Double? {
    let months = [
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    let words = text.split(separator: " ")
    guard words.count == 6, words[5] == "GMT", let day = Int32(words[1]),
      let month = months.firstIndex(of: String(words[2])), let year = Int32(words[3])
    else { return nil }
    let clock = words[4].split(separator: ":").compactMap { Int32($0) }
    guard clock.count == 3, year >= 1970 else { return nil }
    var parts = tm()
    parts.tm_year = year - 1900
    parts.tm_mon = Int32(month)
    parts.tm_mday = day
    parts.tm_hour = clock[0]
    parts.tm_min = clock[1]
    parts.tm_sec = clock[2]
    return Double(timegm(&parts))
  }
}
