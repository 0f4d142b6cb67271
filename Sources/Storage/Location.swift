internal import Foundation

/// Where something lies, as people type it: a path, `file://`, `s3://bucket/key` or `https://…`.
public enum Location: Hashable, Sendable {
  /// A file or folder, as the operating system knows it.
  case path(String)
  /// `key` is `nil` for the whole bucket.
  case s3(bucket: String, key: StoreKey?)
  case http(HTTPLocation)

  public init(_ text: String) throws(LocationError) {
    guard !text.isEmpty else { throw LocationError(text: text, reason: "it is empty") }
    guard let separator = text.range(of: "://") else {
      self = .path(text)
      return
    }
    let rest = String(text[separator.upperBound...])
    switch text[..<separator.lowerBound].lowercased() {
    case "file": self = .path(try Self.filePath(rest, of: text))
    case "s3": self = try Self.s3(rest, of: text)
    case "http": self = .http(try HTTPLocation(scheme: "http", rest))
    case "https": self = .http(try HTTPLocation(scheme: "https", rest))
    case let scheme:
      throw LocationError(
        text: HTTPLocation.withoutSecrets(text),
        reason: "“\(scheme)” is none of file, s3, http and https")
    }
  }

  private static func filePath(_ rest: String, of text: String) throws(LocationError) -> String {
    // file:///path, or with this machine's name between the slashes.
    let path = rest.hasPrefix("localhost/") ? String(rest.dropFirst(9)) : rest
    guard path.hasPrefix("/"), let decoded = path.removingPercentEncoding else {
      throw LocationError(text: text, reason: "it takes the form file:///folder/file")
    }
    return decoded
  }

  private static func s3(_ rest: String, of text: String) throws(LocationError) -> Location {
    let parts = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let bucket = String(parts[0])
    let allowed = bucket.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "-._".utf8.contains(byte)
    }
    guard !bucket.isEmpty, allowed, bucket != ".", bucket != ".." else {
      throw LocationError(text: text, reason: "“\(bucket)” can't be a bucket's name")
    }
    var key = parts.count == 2 ? String(parts[1]) : ""
    if key.hasSuffix("/") { key.removeLast() }
    do throws(StoreKeyError) {
      return .s3(bucket: bucket, key: key.isEmpty ? nil : try StoreKey(key))
    } catch {
      throw LocationError(text: text, reason: "\(error)")
    }
  }
}

extension Location: CustomStringConvertible {
  /// As typed, without user name, password and query of a URL.
  public var description: String {
    switch self {
    case .path(let path): path
    case .s3(let bucket, let key): key.map { "s3://\(bucket)/\($0)" } ?? "s3://\(bucket)"
    case .http(let http): http.description
    }
  }
}

/// A place on a web server.
public struct HTTPLocation: Hashable, Sendable, CustomStringConvertible {
  /// Scheme, host and port, such as `https://example.org:8080`.
  public let origin: String
  /// The path with percent escapes resolved; `nil` for the root.
  public let key: StoreKey?
  /// What follows `?`, as typed. It may hold a signature: a secret.
  public let query: String?

  public var description: String {
    (key.map { "\(origin)/\($0)" } ?? origin) + (query == nil ? "" : "?…")
  }

  fileprivate init(scheme: String, _ rest: String) throws(LocationError) {
    func refuse(_ reason: String) -> LocationError {
      LocationError(text: Self.withoutSecrets("\(scheme)://\(rest)"), reason: reason)
    }
    let address = rest.prefix { $0 != "#" }
    let parts = address.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let place = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard !place[0].isEmpty else { throw refuse("the host is missing") }
    guard !place[0].contains("@") else {
      throw refuse("a user name or password in a URL is not supported")
    }
    var path = place.count == 2 ? String(place[1]) : ""
    if path.hasSuffix("/") { path.removeLast() }
    guard !path.lowercased().contains("%2f"), let decoded = path.removingPercentEncoding else {
      throw refuse("its percent escapes can't be resolved")
    }
    origin = "\(scheme)://\(place[0])"
    query = parts.count == 2 ? String(parts[1]) : nil
    do throws(StoreKeyError) {
      key = decoded.isEmpty ? nil : try StoreKey(decoded)
    } catch {
      throw refuse("\(error)")
    }
  }

  /// A URL as it may be shown: user name, password and query left out.
  static func withoutSecrets(_ text: String) -> String {
    guard let separator = text.range(of: "://") else { return text }
    let rest = text[separator.upperBound...]
    let shown = rest.prefix { $0 != "?" && $0 != "#" }
    let host = shown.prefix { $0 != "/" }
    let hidden = host.lastIndex(of: "@").map { "…" + host[$0...] } ?? String(host)
    return text[..<separator.upperBound] + hidden + shown.dropFirst(host.count)
      + (shown.count < rest.count ? "?…" : "")
  }
}

/// The text names no place.
public struct LocationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What was typed, without secrets.
  public let text: String
  public let reason: String
  public var description: String { "“\(text)” is no place to read or write: \(reason)" }
}
