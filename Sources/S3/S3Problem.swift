internal import Storage

/// What S3 answered instead of what was asked for.
///
/// Only the code is kept: messages may quote keys and signatures.
struct S3Problem: Sendable {
  let status: Int
  /// `NoSuchKey`, `SlowDown`, …; `nil` where there is no body, as for HEAD.
  let code: String?
  private let details: XMLNode?
  private let retryAfter: Double?

  init(_ response: HTTPResponse) {
    status = response.status
    details = response.body.count <= 1 << 20 ? XMLNode(response.body) : nil
    let code = details?.name == "Error" ? details?.text("Code") : nil
    // What isn't a plain word didn't come from S3.
    self.code = code.flatMap { $0.utf8.count < 64 && $0.utf8.allSatisfy(Self.isLetter) ? $0 : nil }
    retryAfter = response.header("Retry-After").flatMap(Double.init).map { max(0, $0) }
  }

  var text: String { code ?? "the server answered without a reason" }

  /// The region that the bucket is in, if S3 says that we asked in another one.
  func region(_ response: HTTPResponse) -> String? {
    guard status == 301 || status == 307 || status == 400 else { return nil }
    let region = response.header("x-amz-bucket-region") ?? details?.text("Region")
    return region.flatMap { text in
      !text.isEmpty && text.utf8.allSatisfy { Self.isLetter($0) || 45...57 ~= $0 } ? text : nil
    }
  }

  func verdict<Answer>(
    _ subject: RequestSender.Subject, attempts: Int, permission: String, isAnonymous: Bool
  ) -> RequestSender.Verdict<Answer> {
    switch (status, code) {
    case (_, "SlowDown"), (_, "ServiceUnavailable"), (_, "RequestLimitExceeded"), (429, _),
      (503, _):
      return .retry(.throttled, status: status, reason: text, retryAfter: retryAfter)
    case (500, _), (502, _), (504, _), (408, _), (_, "RequestTimeout"), (_, "InternalError"),
      (_, "OperationAborted"), (_, "ConditionalRequestConflict"), (_, "BadDigest"),
      (_, "XAmzContentSHA256Mismatch"):
      return .retry(.transient, status: status, reason: text, retryAfter: retryAfter)
    case (507, _), (_, "QuotaExceeded"), (_, "XMinioStorageFull"):
      guard let key = subject.key else { break }
      return .failed(.full(key: key, location: subject.location))
    case (401, _), (403, _), (_, "ExpiredToken"), (_, "InvalidToken"), (_, "TokenRefreshRequired"):
      return .failed(
        .accessDenied(
          key: subject.key, permission: needed(permission, isAnonymous), location: subject.location)
      )
    case (404, "NoSuchBucket"):
      return .failed(
        .unavailable(
          key: nil, location: subject.location, attempts: attempts, httpStatus: 404,
          reason: "there is no such bucket"))
    case (404, _) where code == nil:
      // Not S3's own answer, so no proof of absence.
      return .retry(.corrupt, status: 404, reason: "the answer is HTTP 404 without S3's reason")
    case (200...299, _):
      return .retry(.corrupt, status: status, reason: "the answer can't be read")
    default: break
    }
    return .failed(
      .unavailable(
        key: subject.key, location: subject.location, attempts: attempts, httpStatus: status,
        reason: text))
  }

  /// What to do about a refusal.
  private func needed(_ permission: String, _ isAnonymous: Bool) -> String {
    switch code {
    case "SignatureDoesNotMatch", "InvalidAccessKeyId", "InvalidSecurity", "InvalidToken":
      return "valid credentials (\(text))"
    case "ExpiredToken", "TokenRefreshRequired":
      return "credentials that have not expired (\(text))"
    case "RequestTimeTooSkewed": return "a clock that is right (\(text))"
    default:
      let note =
        permission.contains("s3:GetObject") && !permission.contains("s3:ListBucket")
        ? "; without s3:ListBucket, S3 gives this answer for what is not there, too" : ""
      return permission + (isAnonymous ? ", and access was anonymous" : "") + note
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
  }
}
