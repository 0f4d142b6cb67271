internal import Foundation
public import Storage

/// How to reach object stores, as said on the command line. What is not said comes from the
/// environment and `~/.aws`, as AWS's own tools take it.
public struct StoreOptions: Sendable {
  /// The section of `~/.aws` to use; it then goes before keys in the environment.
  public var profile: String?
  public var region: String?
  /// The server, such as `http://localhost:9000`; buckets are then part of the path.
  public var endpointURL: String?
  /// Requests are not signed: for public buckets.
  public var anonymous = false
  /// The requester agrees to pay for what is read.
  public var requesterPays = false

  /// The most requests at once.
  public var requestLimit = 64
  /// The most bytes being received and sent at once.
  public var byteLimit = 256 << 20

  /// Counts the time of reading, writing and transferring.
  public var clock: StageClock?

  /// How long nothing may move before a request counts as timed out.
  var stallSeconds = 20

  /// What the environment's variables say; `HOME` is where `.aws` is.
  public var environment: [String: String] = ProcessInfo.processInfo.environment

  public init(
    profile: String? = nil, region: String? = nil, endpointURL: String? = nil,
    anonymous: Bool = false, requesterPays: Bool = false
  ) {
    self.profile = profile
    self.region = region
    self.endpointURL = endpointURL
    self.anonymous = anonymous
    self.requesterPays = requesterPays
  }
}

/// What options, environment and profile together mean.
struct S3Settings: Sendable {
  let region: String
  /// Without a trailing slash; `nil`: AWS.
  let endpointURL: String?
  let attempts: Int
  /// `nil`: requests are not signed.
  let credentials: CredentialChain?
  let requesterPays: Bool
  /// The file of the authorities to trust.
  let certificates: String?

  init(_ options: StoreOptions, transport: any HTTPTransport) throws(CredentialError) {
    let environment = options.environment.filter { !$0.value.isEmpty }
    let shared = try SharedConfiguration(environment: environment)
    let named = options.profile ?? environment["AWS_PROFILE"] ?? environment["AWS_DEFAULT_PROFILE"]
    let profile = named ?? "default"
    if let named, shared.profiles[named] == nil {
      throw .unknownProfile(named, files: shared.files)
    }
    let settings = shared.profiles[profile] ?? [:]

    region =
      options.region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"]
      ?? settings["region"] ?? "us-east-1"
    var endpoint =
      options.endpointURL ?? environment["AWS_ENDPOINT_URL_S3"] ?? environment["AWS_ENDPOINT_URL"]
      ?? settings["endpoint_url"]
    while endpoint?.hasSuffix("/") == true { endpoint?.removeLast() }
    endpointURL = endpoint
    attempts =
      (environment["AWS_MAX_ATTEMPTS"] ?? settings["max_attempts"]).flatMap(Int.init)
      .map { max(1, $0) } ?? RetryPolicy().attempts
    requesterPays = options.requesterPays
    certificates = environment["AWS_CA_BUNDLE"] ?? settings["ca_bundle"]

    if options.anonymous {
      credentials = nil
    } else {
      var sources: [any CredentialSource] = []
      // A profile asked for by option goes before the environment's keys.
      if options.profile == nil { sources.append(try Self.inEnvironment(environment)) }
      sources += try Self.inProfile(profile, settings, environment)
      sources.append(ContainerCredentials(environment: environment, transport: transport))
      sources.append(InstanceCredentials(environment: environment, transport: transport))
      credentials = CredentialChain(sources)
    }
  }

  private static func inEnvironment(
    _ environment: [String: String]
  ) throws(CredentialError) -> StaticCredentials {
    try staticCredentials(
      id: environment["AWS_ACCESS_KEY_ID"], secret: environment["AWS_SECRET_ACCESS_KEY"],
      token: environment["AWS_SESSION_TOKEN"], source: "the environment",
      names: ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))
  }

  private static func inProfile(
    _ name: String, _ settings: [String: String], _ environment: [String: String]
  ) throws(CredentialError) -> [any CredentialSource] {
    let found = try staticCredentials(
      id: settings["aws_access_key_id"], secret: settings["aws_secret_access_key"],
      token: settings["aws_session_token"], source: "profile “\(name)”",
      names: ("aws_access_key_id", "aws_secret_access_key"))
    if found.credentials != nil { return [found] }
    if let command = settings["credential_process"] {
      return [CredentialProcess(command: command, environment: environment)]
    }
    let unsupported = settings.keys.sorted().first { $0 == "role_arn" || $0.hasPrefix("sso_") }
    if let unsupported { return [UnsupportedProfile(profile: name, setting: unsupported)] }
    return []
  }

  private static func staticCredentials(
    id: String?, secret: String?, token: String?, source: String, names: (String, String)
  ) throws(CredentialError) -> StaticCredentials {
    switch (id, secret) {
    case (nil, nil): return StaticCredentials(credentials: nil)
    case (nil, _): throw .incomplete(source: source, missing: names.0)
    case (_, nil): throw .incomplete(source: source, missing: names.1)
    case (let id?, let secret?):
      return StaticCredentials(
        credentials: Credentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token))
    }
  }
}

/// A profile that wants something we can't do; said only if it comes to that.
private struct UnsupportedProfile: CredentialSource {
  let profile: String
  let setting: String

  func load() async throws(CredentialError) -> Credentials? {
    throw .unsupported(profile: profile, setting: setting)
  }
}
