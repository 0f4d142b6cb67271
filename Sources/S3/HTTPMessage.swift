/// One request as it goes over the wire.
struct HTTPRequest: Sendable {
  enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
  }

  var method: Method
  /// Percent-encoded; sent as it is.
  var url: String
  var headers: [(name: String, value: String)] = []
  var body: [UInt8] = []
  /// A longer answer is cut off and is an error: what a server sends is not to be trusted.
  var answerByteLimit = Int.max
  var timeoutSeconds = 60.0
  var connectTimeoutSeconds = 10.0
  var followsRedirects = false
}

/// A whole answer: what was sent is what its headers said would be.
struct HTTPResponse: Sendable {
  let status: Int
  /// The last answer's headers as they came.
  let head: [UInt8]
  let body: [UInt8]

  /// A header's value without the blanks around it. Names don't tell upper from lower case.
  func header(_ name: String) -> String? {
    head.withUnsafeBufferPointer { head in
      var lineStart = 0
      while lineStart < head.count {
        var end = lineStart
        while end < head.count, head[end] != UInt8(ascii: "\n") { end += 1 }
        let line = head[lineStart..<end]
        lineStart = end + 1
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
        let found = line[..<colon]
        guard found.count == name.utf8.count,
          zip(found, name.utf8).allSatisfy({ Self.lowercased($0) == Self.lowercased($1) })
        else { continue }
        var value = line[(colon + 1)...]
        while let byte = value.first, Self.isBlank(byte) { value = value.dropFirst() }
        while let byte = value.last, Self.isBlank(byte) { value = value.dropLast() }
        return String(decoding: value, as: UTF8.self)
      }
      return nil
    }
  }

  /// Without a length or chunks, a connection that breaks looks like the end.
  var saysItsLength: Bool {
    header("Content-Length") != nil
      || header("Transfer-Encoding")?.lowercased().contains("chunked") == true
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }
}

/// No whole answer came.
enum TransportError: Error, Hashable, Sendable {
  /// No connection, or it broke. Whether the server did what it was asked isn't known.
  case broken(reason: String)
  case timedOut(reason: String)
  /// The answer is longer than what was asked for.
  case tooLong(byteLimit: Int, status: Int)
  /// Nothing that a second attempt would change: a malformed URL, an untrusted certificate.
  case impossible(reason: String)
  case cancelled
}

/// What carries requests.
protocol HTTPTransport: Sendable {
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}
