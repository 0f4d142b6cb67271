import Foundation
import Testing

@testable import S3

struct CredentialsTests {
  private let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("pixeldrill-test-\(UUID().uuidString)")

  /// A home folder with these files in `.aws`.
  private func home(config: String? = nil, credentials: String? = nil) throws -> [String: String] {
    let aws = folder.appendingPathComponent(".aws")
    try FileManager.default.createDirectory(at: aws, withIntermediateDirectories: true)
    try config?.write(to: aws.appendingPathComponent("config"), atomically: true, encoding: .utf8)
    try credentials?.write(
      to: aws.appendingPathComponent("credentials"), atomically: true, encoding: .utf8)
    return [
      "HOME": folder.path, "AWS_EC2_METADATA_DISABLED": "true",
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
    ]
  }

  private func settings(
    _ environment: [String: String], profile: String? = nil,
    _ transport: any HTTPTransport = ScriptedTransport([])
  ) throws -> S3Settings {
    var options = StoreOptions(profile: profile)
    options.environment = environment
    return try S3Settings(options, transport: transport)
  }

  private static let config = """
    # a comment
    [default]
    region = ap-southeast-2
    s3 =
        region = nested-not-ours
    [profile work]
    region=eu-west-1
    endpoint_url = https://s3.example.org/
    max_attempts = 7
    [profile "with process"]
    credential_process = sh -c 'echo "{\\"AccessKeyId\\":\\"P\\",\\"SecretAccessKey\\":\\"S\\",\\"SessionToken\\":\\"T\\",\\"Expiration\\":\\"2999-01-01T00:00:00Z\\"}"'
    [profile role]
    role_arn = arn:aws:iam::1:role/x
    [sso-session s]
    region = not-a-profile
    """
  private static let keys = """
    [default]
    aws_access_key_id = D
    aws_secret_access_key = DS
    [work]
    aws_access_key_id = W
    aws_secret_access_key = WS=/+
    aws_session_token = WT
    """

  @Test func `the environment goes before the default profile`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var environment = try home(config: Self.config, credentials: Self.keys)
    let inFiles = try settings(environment)
    #expect(inFiles.region == "ap-southeast-2")
    #expect(try await inFiles.credentials?.credentials().accessKeyID == "D")

    environment.merge(["AWS_ACCESS_KEY_ID": "E", "AWS_SECRET_ACCESS_KEY": "ES"]) { $1 }
    environment["AWS_REGION"] = "us-west-2"
    let both = try settings(environment)
    #expect(both.region == "us-west-2")
    #expect(
      try await both.credentials?.credentials()
        == Credentials(accessKeyID: "E", secretAccessKey: "ES"))
    // A profile asked for by option goes first, one in the environment doesn't.
    let asked = try settings(environment, profile: "work")
    #expect(
      try await asked.credentials?.credentials()
        == Credentials(accessKeyID: "W", secretAccessKey: "WS=/+", sessionToken: "WT"))
    #expect(asked.endpointURL == "https://s3.example.org")
    #expect(asked.attempts == 7)
    environment["AWS_PROFILE"] = "work"
    #expect(try await settings(environment).credentials?.credentials().accessKeyID == "E")
  }

  @Test func `a program's credentials are used`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = try home(config: Self.config)
    let found = try await settings(environment, profile: "with process").credentials?.credentials()
    #expect(found?.accessKeyID == "P")
    #expect(found?.sessionToken == "T")
    #expect(found?.expiration != nil)
  }

  @Test func `a profile that is missing, incomplete or unsupported is named`() async throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let environment = try home(config: Self.config, credentials: "[half]\naws_access_key_id = H\n")
    #expect {
      try settings(environment, profile: "nobody")
    } throws: {
      guard case CredentialError.unknownProfile("nobody", let files) = $0 else { return false }
      return files.count == 2
    }
    #expect(
      throws: CredentialError.incomplete(
        source: "profile “half”", missing: "aws_secret_access_key")
    ) { try settings(environment, profile: "half") }
    await #expect(throws: CredentialError.unsupported(profile: "role", setting: "role_arn")) {
      try await settings(environment, profile: "role").credentials?.credentials()
    }
    await #expect(throws: CredentialError.none) {
      try await settings(environment).credentials?.credentials()
    }
  }

  private static let document = """
    {"Code":"Success","AccessKeyId":"A","SecretAccessKey":"S","Token":"T",
     "Expiration":"2999-01-01T00:00:00Z"}
    """

  @Test func `a container's endpoint is asked with its token`() async throws {
    let transport = ScriptedTransport([.response(200, body: Self.document)])
    let settings = try settings(
      [
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/id", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "t",
      ], transport)
    #expect(try await settings.credentials?.credentials().sessionToken == "T")
    #expect(transport.requests[0].url == "http://169.254.170.2/v2/id")
    #expect(transport.requests[0].header("Authorization") == "t")
    // It lasts: nobody is asked again.
    #expect(try await settings.credentials?.credentials().accessKeyID == "A")
  }

  @Test func `an instance's role is asked for with a session token`() async throws {
    let transport = ScriptedTransport([
      .response(200, body: "session"), .response(200, body: "my-role\n"),
      .response(200, body: Self.document),
    ])
    #expect(try await settings([:], transport).credentials?.credentials().accessKeyID == "A")
    #expect(transport.requests[0].method == .put)
    #expect(
      transport.requests[2].url
        == "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role")
    #expect(transport.requests[2].header("X-aws-ec2-metadata-token") == "session")
  }

  @Test func `a machine that is no instance has no credentials`() async throws {
    let transport = ScriptedTransport([.error(.timedOut(reason: ""))])
    await #expect(throws: CredentialError.none) {
      try await settings([:], transport).credentials?.credentials()
    }
  }

  private final class ExpiringSource: CredentialSource {
    let count = ScriptedTransport([])
    func load() async throws(CredentialError) -> Credentials? {
      _ = try? await count.send(HTTPRequest(method: .get, url: ""))
      return Credentials(
        accessKeyID: "K\(count.requests.count)", secretAccessKey: "S",
        expiration: Date(timeIntervalSince1970: Double(count.requests.count) * 10_000))
    }
  }

  @Test func `credentials are renewed before they expire, by one request for all`() async throws {
    let chain = CredentialChain([ExpiringSource()])
    let id: @Sendable (Double) async throws -> String = { seconds in
      try await chain.credentials(now: Date(timeIntervalSince1970: seconds)).accessKeyID
    }
    #expect(try await id(0) == "K1")
    #expect(try await id(9_600) == "K1")
    #expect(try await id(9_800) == "K2")
    let ids = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<16 { group.addTask { try await id(19_800) } }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(ids == ["K3"])
  }

  @Test func `credentials don't show themselves`() {
    let secret = Credentials(
      accessKeyID: "AKID", secretAccessKey: "hunter2", sessionToken: "hunter3")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), dumped, "\([secret])"] {
      #expect(!text.contains("hunter"))
      #expect(!text.contains("AKID"))
    }
  }

  @Test func `a command is split as a shell would`() throws {
    #expect(
      try CredentialProcess.words(#" /a\ b "c d" 'e "f' g"h"'i' "" "#)
        == ["/a b", "c d", "e \"f", "ghi", ""])
    #expect(throws: CredentialError.self) { try CredentialProcess.words("a 'b") }
  }
}
