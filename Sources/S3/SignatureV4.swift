internal import Crypto
internal import Foundation
internal import Synchronization

/// AWS Signature Version 4, in the `Authorization` header, as S3 wants it: the path is encoded once
/// and not normalised.
///
/// Source: “Signature Calculations for the Authorization Header” in the S3 API reference, and
/// “Create a signed AWS API request” in the IAM user guide.
struct SignatureV4: Sendable {
  let region: String
  let service: String

  /// What is signed.
  struct Input: Sendable {
    var method: String
    /// Not encoded, beginning with `/`.
    var path: String
    /// Not encoded.
    var query: [(name: String, value: String)]
    /// All that are to be signed, `host` and `x-amz-date` among them.
    var headers: [(name: String, value: String)]
    /// Hexadecimal SHA-256 of the body, or `UNSIGNED-PAYLOAD`.
    var payloadHash: String
  }

  /// Encodes and orders a query as it is signed, and as it must then be sent.
  static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
    if query.isEmpty { return "" }
    return query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
      .sorted { $0 < $1 }
      .map { "\($0)=\($1)" }
      .joined(separator: "&")
  }

  /// The canonical request, and the names of the headers in it.
  static func canonical(_ input: Input) -> (request: String, signedHeaders: String) {
    let headers = canonicalHeaders(input.headers)
    let signed = headers.map(\.name).joined(separator: ";")
    var request = "\(input.method)\n\(PercentEncoding.encode(input.path, keepsSlashes: true))\n"
    request += "\(canonicalQuery(input.query))\n"
    for header in headers { request += "\(header.name):\(header.value)\n" }
    request += "\n\(signed)\n\(input.payloadHash)"
    return (request, signed)
  }

  func stringToSign(canonicalRequest: String, timestamp: String) -> String {
    """
    AWS4-HMAC-SHA256
    \(timestamp)
    \(scope(timestamp))
    \(Self.sha256(Array(canonicalRequest.utf8)))
    """
  }

  /// - Parameter timestamp: As ``timestamp(secondsSince1970:)`` makes it; also the `x-amz-date`.
  func authorization(_ input: Input, timestamp: String, key: SigningKey) -> String {
    let canonical = Self.canonical(input)
    let text = stringToSign(canonicalRequest: canonical.request, timestamp: timestamp)
    return "AWS4-HMAC-SHA256 Credential=\(key.accessKeyID)/\(scope(timestamp)), "
      + "SignedHeaders=\(canonical.signedHeaders), Signature=\(key.sign(text))"
  }

  static func sha256(_ bytes: [UInt8]) -> String { hex(SHA256.hash(data: bytes)) }

  /// `20130524T000000Z`.
  static func timestamp(secondsSince1970 seconds: Int) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 32)
    let count = strftime(&text, text.count, "%Y%m%dT%H%M%SZ", &parts)
    return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  private func scope(_ timestamp: String) -> String {
    "\(timestamp.prefix(8))/\(region)/\(service)/aws4_request"
  }

  /// In lower case, ordered, values of one name joined, runs of blanks made one.
  private static func canonicalHeaders(
    _ headers: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    var joined: [(name: String, value: String)] = []
    let lowercased = headers.map { (name: $0.name.lowercased(), value: trimmed($0.value)) }
    // The sort is stable: values of one name keep their order.
    for header in lowercased.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
      if joined.last?.name == header.name {
        joined[joined.count - 1].value += ",\(header.value)"
      } else {
        joined.append(header)
      }
    }
    return joined
  }

  private static func trimmed(_ value: String) -> String {
    let isBlank: (UInt8) -> Bool = {
      $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n")
    }
    guard value.utf8.contains(where: isBlank) else { return value }
    return value.utf8.split(whereSeparator: isBlank).map { String(Substring($0)) }
      .joined(separator: " ")
  }
}

/// The key of one day, region and service, derived from a secret.
struct SigningKey: Sendable {
  let accessKeyID: String
  private let key: SymmetricKey

  init(_ credentials: Credentials, day: String, region: String, service: String) {
    accessKeyID = credentials.accessKeyID
    var key = SymmetricKey(data: Array("AWS4\(credentials.secretAccessKey)".utf8))
    for part in [day, region, service, "aws4_request"] {
      key = SymmetricKey(data: HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: key))
    }
    self.key = key
  }

  func sign(_ text: String) -> String {
    hex(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
  }
}

/// In lower case.
func hex(_ bytes: some Sequence<UInt8>) -> String {
  func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
  var text: [UInt8] = []
  text.reserveCapacity(64)
  for byte in bytes {
    text.append(digit(byte >> 4))
    text.append(digit(byte & 15))
  }
  return String(decoding: text, as: UTF8.self)
}
