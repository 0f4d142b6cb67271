import Storage
import Testing

@testable import S3

struct HTTPStoreTests {
  private let x = StoreKey(literal: "a b/x")

  @Test func `a file and its parts are read, with the URL's query`() async throws {
    let transport = ScriptedTransport([
      .response(200, body: "abc"),
      .response(206, headers: ["Content-Range": "bytes 1-2/3"], body: "bc"),
    ])
    let store = try transport.webStore()
    #expect(try await store.read(x) == Array("abc".utf8))
    #expect(try await store.read(x, .bounds(1..<3)) == Array("bc".utf8))
    #expect(transport.requests[0].url == "https://h.org/a%20b/x?sig=secret-of-the-test")
  }

  @Test(arguments: [404, 410])
  func `a server that says so makes absence`(status: Int) async throws {
    #expect(try await ScriptedTransport([.response(status)]).webStore().read(x) == nil)
    #expect(try await ScriptedTransport([.response(status)]).webStore().info(x) == nil)
  }

  @Test func `a size is found where HEAD is refused`() async throws {
    let transport = ScriptedTransport([
      .response(403),
      .response(206, headers: ["Content-Range": "bytes 0-0/77", "ETag": "\"e\""], body: "a"),
    ])
    let info = try await transport.webStore().info(x)
    #expect(info?.byteCount == 77)
    #expect(info?.etag == "e")
  }

  @Test func `an answer whose end can't be seen, or that is encoded, is refused`() async throws {
    for headers in [["Content-Length": ""], ["Content-Encoding": "gzip"]] {
      let transport = ScriptedTransport([.response(200, headers: headers, body: "abc")])
      await #expect(throws: StoreError.self) { try await transport.webStore().read(x) }
    }
    let chunked = ScriptedTransport([
      .response(200, headers: ["Transfer-Encoding": "chunked"], body: "abc")
    ])
    #expect(try await chunked.webStore().read(x) == Array("abc".utf8))
  }

  @Test func `403 is an error, 503 is tried again`() async throws {
    await #expect(
      throws: StoreError.accessDenied(
        key: x, permission: "permission to read (HTTP 403)", location: "https://h.org")
    ) { try await ScriptedTransport([.response(403)]).webStore().read(x) }
    let transport = ScriptedTransport([
      .response(503), .response(200, body: "abc"),
    ])
    #expect(try await transport.webStore().read(x) == Array("abc".utf8))
  }

  @Test func `nothing can be written or listed`() async throws {
    let store = try ScriptedTransport([]).webStore()
    await #expect(throws: StoreError.self) { try await store.write([1], to: x) }
    await #expect(throws: StoreError.self) { _ = try await store.upload(to: x) }
    await #expect(throws: StoreError.self) { try await store.delete([x]) }
    await #expect(throws: StoreError.self) { try await store.list(nil, recursive: true) }
  }
}
