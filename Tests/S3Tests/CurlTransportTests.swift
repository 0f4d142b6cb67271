import Foundation
import Testing

@testable import S3

struct CurlTransportTests {
  private func outcome(
    _ action: RawServer.Action, limit: Int = .max, timeout: Double = 5
  ) async throws -> Result<HTTPResponse, TransportError> {
    let server = try RawServer { _ in action }
    defer { server.stop() }
    var request = HTTPRequest(method: .get, url: server.url + "/x")
    request.answerByteLimit = limit
    request.timeoutSeconds = timeout
    do throws(TransportError) {
      return .success(try await CurlTransport().send(request))
    } catch {
      return .failure(error)
    }
  }

  @Test func `an answer comes whole, with its headers`() async throws {
    let response = try await outcome(
      .send("HTTP/1.1 206 Partial\r\nContent-Length: 3\r\nX-A:  one two \r\n\r\nabc")
    ).get()
    #expect(response.status == 206)
    #expect(response.body == Array("abc".utf8))
    #expect(response.header("x-a") == "one two")
    #expect(response.header("x-b") == nil)
    #expect(response.header("content-length") == "3")
  }

  @Test func `an answer in chunks comes whole`() async throws {
    let response = try await outcome(
      .send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
    ).get()
    #expect(response.body == Array("abc".utf8))
  }

  @Test(arguments: [
    RawServer.Action.sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
    .sendAndClose("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
    .sendAndClose("HTTP/1.1 200 OK\r\nContent-Le"), .sendAndClose(""), .reset,
  ])
  func `an answer that breaks off is an error`(action: RawServer.Action) async throws {
    let result = try await outcome(action)
    guard case .failure(.broken) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `an answer that stops coming is an error after a while`() async throws {
    let result = try await outcome(
      .sendAndHang("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), timeout: 0.3)
    guard case .failure(.timedOut) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `an answer longer than allowed is cut off`() async throws {
    let result = try await outcome(
      .send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef"), limit: 5)
    #expect(throws: TransportError.tooLong(byteLimit: 5, status: 200)) { try result.get() }
  }

  @Test func `a claimed length is not believed before it comes`() async throws {
    let result = try await outcome(
      .sendAndClose("HTTP/1.1 200 OK\r\nContent-Length: 4611686018427387904\r\n\r\nabc"))
    guard case .failure(.broken) = result else {
      Issue.record("\(result)")
      return
    }
  }

  @Test func `connections are kept for the next request`() async throws {
    let server = try RawServer { _ in .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc") }
    defer { server.stop() }
    let transport = CurlTransport()
    for _ in 0..<20 { _ = try await transport.send(HTTPRequest(method: .get, url: server.url)) }
    #expect(server.connections == 1)
    #expect(server.requests.count == 20)
  }

  @Test func `a path is sent as it is`() async throws {
    let server = try RawServer { _ in .send("HTTP/1.1 204 No\r\n\r\n") }
    defer { server.stop() }
    _ = try await CurlTransport().send(
      HTTPRequest(method: .get, url: server.url + "/a/../b/./%2E%2e/c//d?x=%2F"))
    #expect(server.requests[0].hasPrefix("GET /a/../b/./%2E%2e/c//d?x=%2F HTTP/1.1\r\n"))
    #expect(!server.requests[0].lowercased().contains("expect:"))
  }

  @Test func `a redirect is followed only if the request allows it`() async throws {
    let server = try RawServer { head in
      head.hasPrefix("GET /old")
        ? .send("HTTP/1.1 302 Found\r\nLocation: /new\r\nX-Old: 1\r\nContent-Length: 0\r\n\r\n")
        : .send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
    }
    defer { server.stop() }
    var request = HTTPRequest(method: .get, url: server.url + "/old")
    #expect(try await CurlTransport().send(request).status == 302)
    request.followsRedirects = true
    let response = try await CurlTransport().send(request)
    #expect(response.body == Array("abc".utf8))
    #expect(response.header("X-Old") == nil)
  }

  @Test func `a cancelled task doesn't wait for its answer`() async throws {
    let server = try RawServer { _ in .sendAndHang("HTTP/1.1 200 OK\r\n") }
    defer { server.stop() }
    let transport = CurlTransport()
    let task = Task { try await transport.send(HTTPRequest(method: .get, url: server.url)) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    await #expect(throws: TransportError.cancelled) { try await task.value }
  }

  @Test func `nobody there is an error`() async throws {
    do {
      _ = try await CurlTransport().send(HTTPRequest(method: .get, url: "http://127.0.0.1:1/"))
      Issue.record("an answer")
    } catch {
      guard case .broken = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}
