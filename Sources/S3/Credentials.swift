internal import Foundation

/// A key to sign with. Shown or logged, it keeps its secrets.
struct Credentials: Hashable, Sendable {
  let accessKeyID: String
  let secretAccessKey: String
  let sessionToken: String?
  let expiration: Date?

  init(
    accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil,
    expiration: Date? = nil
  ) {
    self.accessKeyID = accessKeyID
    self.secretAccessKey = secretAccessKey
    self.sessionToken = sessionToken
    self.expiration = expiration
  }
}

extension Credentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  var description: String { "credentials" }
  var debugDescription: String { description }
  var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where credentials may come from.
protocol CredentialSource: Sendable {
  /// `nil` if this source has none, so that the next one is asked.
  func load() async throws(CredentialError) -> Credentials?
}

/// Why there are no credentials.
enum CredentialError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No source has any.
  case none
  case unknownProfile(String, files: [String])
  case incomplete(source: String, missing: String)
  case unreadable(file: String, reason: String)
  case failed(source: String, reason: String)
  case unsupported(profile: String, setting: String)

  var description: String {
    switch self {
    case .none:
      "no credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile, "
        + "or ask for anonymous access"
    case .unknownProfile(let profile, let files):
      "there is no profile “\(profile)” in \(files.joined(separator: " or "))"
    case .incomplete(let source, let missing): "\(source) lacks \(missing)"
    case .unreadable(let file, let reason): "\(file): \(reason)"
    case .failed(let source, let reason): "no credentials from \(source): \(reason)"
    case .unsupported(let profile, let setting):
      "profile “\(profile)” uses \(setting), which is not supported; let credential_process get the "
        + "credentials, or export them into the environment"
    }
  }
}

/// Asks one source after the other, keeps what it gets, and asks again before it expires.
actor CredentialChain {
  private let sources: [any CredentialSource]
  private var current: Credentials?
  private var loading: Task<Result<Credentials, CredentialError>, Never>?

  init(_ sources: [any CredentialSource]) { self.sources = sources }

  /// Credentials that last some minutes more.
  func credentials(now: Date = Date()) async throws(CredentialError) -> Credentials {
    if let current, Self.isFresh(current, now) { return current }
    do {
      return try await reload()
    } catch {
      // The source is away for the moment; what we have may do until it is back.
      if let current, current.expiration.map({ $0 > now }) ?? true { return current }
      throw error
    }
  }

  /// The server says that these have expired.
  func refuse(_ expired: Credentials) {
    if current == expired { current = nil }
  }

  private static func isFresh(_ credentials: Credentials, _ now: Date) -> Bool {
    credentials.expiration.map { $0.timeIntervalSince(now) > 300 } ?? true
  }

  private func reload() async throws(CredentialError) -> Credentials {
    let task =
      loading
      ?? Task { [sources] () -> Result<Credentials, CredentialError> in
        do throws(CredentialError) {
          for source in sources {
            if let found = try await source.load() { return .success(found) }
          }
          return .failure(.none)
        } catch {
          return .failure(error)
        }
      }
    loading = task
    let result = await task.value
    loading = nil
    let found = try result.get()
    current = found
    return found
  }
}

/// Credentials that were written down somewhere.
struct StaticCredentials: CredentialSource {
  let credentials: Credentials?
  func load() async throws(CredentialError) -> Credentials? { credentials }
}

/// The answer of a credential process, a container's or an instance's endpoint.
struct CredentialDocument: Decodable {
  let accessKeyID: String
  let secretAccessKey: String
  let sessionToken: String?
  let expiration: Date?

  private enum CodingKeys: String, CodingKey {
    case accessKeyID = "AccessKeyId"
    case secretAccessKey = "SecretAccessKey"
    case token = "Token"
    case sessionToken = "SessionToken"
    case expiration = "Expiration"
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    accessKeyID = try values.decode(String.self, forKey: .accessKeyID)
    secretAccessKey = try values.decode(String.self, forKey: .secretAccessKey)
    sessionToken =
      try values.decodeIfPresent(String.self, forKey: .sessionToken)
      ?? values.decodeIfPresent(String.self, forKey: .token)
    expiration = try values.decodeIfPresent(String.self, forKey: .expiration).map { text in
      guard let date = Self.date(text) else {
        throw DecodingError.dataCorruptedError(
          forKey: .expiration, in: values, debugDescription: "not a time")
      }
      return date
    }
  }

  static func parse(_ bytes: [UInt8], source: String) throws(CredentialError) -> Credentials {
    // The decoder's own message may quote the document.
    guard let document = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else {
      throw .failed(source: source, reason: "its answer holds no credentials")
    }
    return Credentials(
      accessKeyID: document.accessKeyID, secretAccessKey: document.secretAccessKey,
      sessionToken: document.sessionToken, expiration: document.expiration)
  }

  private static func date(_ text: String) -> Date? {
    (try? Date(text, strategy: Date.ISO8601FormatStyle()))
      ?? (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
  }
}
