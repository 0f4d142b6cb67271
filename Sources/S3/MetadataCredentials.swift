internal import Foundation

/// Credentials of a container (ECS, EKS Pod Identity), from the endpoint its environment names.
struct ContainerCredentials: CredentialSource {
  let environment: [String: String]
  let transport: any HTTPTransport

  func load() async throws(CredentialError) -> Credentials? {
    let source = "the container's endpoint"
    let url: String
    if let path = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
      url = "http://169.254.170.2\(path)"
    } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
      url = full
    } else {
      return nil
    }
    var request = HTTPRequest(method: .get, url: url)
    if let token = try token() { request.headers.append(("Authorization", token)) }
    let answer = try await MetadataEndpoint.send(request, transport, source: source)
    return try CredentialDocument.parse(answer, source: source)
  }

  private func token() throws(CredentialError) -> String? {
    guard let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
      return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    }
    do {
      return try String(contentsOfFile: file, encoding: .utf8)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    } catch {
      throw .unreadable(file: file, reason: "it can't be read as text")
    }
  }
}

/// Credentials of an EC2 instance's role (IMDSv2).
struct InstanceCredentials: CredentialSource {
  let environment: [String: String]
  let transport: any HTTPTransport

  func load() async throws(CredentialError) -> Credentials? {
    if environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() == "true" { return nil }
    let source = "the instance's metadata"
    let base =
      (environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254")
      .trimmingCharacters(in: ["/"])
    var ask = HTTPRequest(method: .put, url: "\(base)/latest/api/token")
    ask.headers = [("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
    ask.connectTimeoutSeconds = 1
    ask.timeoutSeconds = 2
    ask.answerByteLimit = 1 << 16
    // Most machines are no EC2 instances: no answer means no credentials.
    guard let token = try? await transport.send(ask), token.status == 200 else { return nil }

    let header = ("X-aws-ec2-metadata-token", String(decoding: token.body, as: UTF8.self))
    let roles = "\(base)/latest/meta-data/iam/security-credentials/"
    let list = HTTPRequest(method: .get, url: roles, headers: [header])
    let names = String(
      decoding: try await MetadataEndpoint.send(list, transport, source: source), as: UTF8.self)
    guard let role = names.split(whereSeparator: \.isNewline).first else { return nil }
    let get = HTTPRequest(
      method: .get, url: roles + PercentEncoding.encode(String(role)), headers: [header])
    return try CredentialDocument.parse(
      await MetadataEndpoint.send(get, transport, source: source), source: source)
  }
}

private enum MetadataEndpoint {
  static func send(
    _ request: HTTPRequest, _ transport: any HTTPTransport, source: String
  ) async throws(CredentialError) -> [UInt8] {
    var request = request
    request.connectTimeoutSeconds = 2
    request.timeoutSeconds = 5
    request.answerByteLimit = 1 << 16
    var reason = ""
    for _ in 1...3 {
      do {
        let answer = try await transport.send(request)
        if answer.status == 200 { return answer.body }
        reason = "HTTP \(answer.status)"
        if answer.status < 500 { break }
      } catch {
        reason = "it does not answer"
      }
    }
    throw .failed(source: source, reason: reason)
  }
}
