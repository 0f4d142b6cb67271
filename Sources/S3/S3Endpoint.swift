internal import Storage

/// Where a bucket's requests go.
struct S3Endpoint: Hashable, Sendable {
  /// `https` or `http`.
  let scheme: String
  /// With the port if it isn't the scheme's own, as the `Host` header has it.
  let host: String
  /// What stands before the key, encoded: empty, or `/bucket` and perhaps a folder before it.
  let basePath: String

  /// - Parameter endpointURL: `nil` for AWS.
  init(bucket: String, region: String, endpointURL: String?) throws(StoreError) {
    if let endpointURL {
      let parts = endpointURL.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
      guard parts.count >= 3, parts[0] == "http:" || parts[0] == "https:", parts[1].isEmpty,
        !parts[2].isEmpty, !parts[2].contains("@"), !endpointURL.contains("?")
      else {
        throw .unsupported(
          location: "s3://\(bucket)",
          reason: "the endpoint must be a URL like https://s3.example.org")
      }
      scheme = String(parts[0].dropLast())
      host = Self.withoutDefaultPort(String(parts[2]).lowercased(), scheme)
      basePath = (parts.count == 4 ? "/\(parts[3])" : "") + "/\(bucket)"
    } else {
      let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
      scheme = "https"
      // A bucket with a dot doesn't match the certificate; old ones have capitals.
      let isHostName = bucket.utf8.allSatisfy {
        $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "_")
          && !(UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0)
      }
      host = isHostName ? "\(bucket).s3.\(region).\(domain)" : "s3.\(region).\(domain)"
      basePath = isHostName ? "" : "/\(bucket)"
    }
  }

  /// The path of a key, not encoded; of the bucket itself for `nil`.
  func path(_ key: String?) -> String {
    key.map { "\(basePath)/\($0)" } ?? (basePath.isEmpty ? "/" : basePath)
  }

  func url(path: String, query: [(name: String, value: String)]) -> String {
    let encoded = PercentEncoding.encode(path, keepsSlashes: true)
    return query.isEmpty
      ? "\(scheme)://\(host)\(encoded)"
      : "\(scheme)://\(host)\(encoded)?\(SignatureV4.canonicalQuery(query))"
  }

  private static func withoutDefaultPort(_ host: String, _ scheme: String) -> String {
    let suffix = scheme == "http" ? ":80" : ":443"
    return host.hasSuffix(suffix) ? String(host.dropLast(suffix.count)) : host
  }
}
