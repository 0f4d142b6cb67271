import Foundation
import Storage
import Synchronization

@testable import S3

/// Answers requests from a list, in order; keeps what was asked, and how long the sender waited.
final class ScriptedTransport: HTTPTransport {
  enum Answer: Sendable {
    case response(Int, headers: [String: String] = [:], body: String = "")
    case error(TransportError)

    /// An error as S3 gives it. Its message quotes what no message of ours may.
    static func s3(_ status: Int, _ code: String, headers: [String: String] = [:]) -> Answer {
      .response(
        status, headers: headers,
        body: "<?xml version=\"1.0\"?><Error><Code>\(code)</Code>"
          + "<Message>AKIDTEST secret-of-the-test token-of-the-test</Message></Error>")
    }
  }

  private struct State {
    var answers: [Answer]
    var requests: [HTTPRequest] = []
    var waits: [Double] = []
  }

  private let state: Mutex<State>

  init(_ answers: [Answer]) { state = Mutex(State(answers: answers)) }

  var requests: [HTTPRequest] { state.withLock { $0.requests } }
  var waits: [Double] { state.withLock { $0.waits } }
  var unused: Int { state.withLock { $0.answers.count } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let answer = state.withLock { state in
      state.requests.append(request)
      return state.answers.isEmpty
        ? Answer.error(.impossible(reason: "the script is at its end"))
        : state.answers.removeFirst()
    }
    switch answer {
    case .error(let error): throw error
    case .response(let status, let headers, let body):
      var headers = headers
      // An empty value means: no such header.
      if headers["Transfer-Encoding"] == nil, headers["Content-Length"] == nil {
        headers["Content-Length"] = "\(body.utf8.count)"
      }
      let lines =
        ["HTTP/1.1 \(status) X"]
        + headers.filter { !$0.value.isEmpty }.map { "\($0.key): \($0.value)" }
      return HTTPResponse(
        status: status, head: Array(lines.joined(separator: "\r\n").utf8), body: Array(body.utf8))
    }
  }

  static let environment = [
    "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "secret-of-the-test",
    "AWS_SESSION_TOKEN": "token-of-the-test", "AWS_EC2_METADATA_DISABLED": "true",
  ]

  func sender(_ policy: RetryPolicy = RetryPolicy()) -> RequestSender {
    RequestSender(
      transport: self, policy: policy, flight: FlightLimit(requests: 8, byteLimit: 1 << 20)
    ) { seconds in self.state.withLock { $0.waits.append(seconds) } }
  }

  /// A bucket that answers so.
  func store(
    environment: [String: String] = environment, options: StoreOptions = StoreOptions()
  ) throws -> S3Store {
    var options = options
    options.environment = environment
    let settings = try S3Settings(options, transport: self)
    return S3Store(
      client: try S3Client(bucket: "bucket", settings: settings, sender: sender()))
  }

  func webStore() throws -> HTTPStore {
    guard case .http(let location) = try Location("https://h.org/?sig=secret-of-the-test") else {
      throw TransportError.cancelled
    }
    return HTTPStore(location, sender: sender())
  }
}

extension HTTPRequest {
  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name.lowercased() }?.value
  }
}
