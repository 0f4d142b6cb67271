import Foundation
import Synchronization

/// A server on this machine that answers each request with given bytes, as broken as wanted.
final class RawServer: @unchecked Sendable {
  enum Action {
    /// Sent, and the connection kept.
    case send(String)
    case sendAndClose(String)
    case reset
    /// Sent, and then nothing more.
    case sendAndHang(String)
  }

  let url: String
  private let listener: Int32
  private let handle: @Sendable (String) -> Action
  private let seen = Mutex<(connections: Int, requests: [String])>((0, []))

  init(_ handle: @escaping @Sendable (String) -> Action) throws {
    self.handle = handle
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Int32 in
        guard bind(listener, pointer, size) == 0, listen(listener, 64) == 0 else { return -1 }
        return getsockname(listener, pointer, &size)
      }
    }
    guard status == 0 else { throw POSIXError(.EADDRINUSE) }
    self.listener = listener
    url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
    Thread { [weak self] in
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0, let self else { return }
        self.seen.withLock { $0.connections += 1 }
        Thread { self.serve(connection) }.start()
      }
    }.start()
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  var connections: Int { seen.withLock { $0.connections } }
  /// The heads of the requests.
  var requests: [String] { seen.withLock { $0.requests } }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    while let head = readHead(connection) {
      seen.withLock { $0.requests.append(head) }
      switch handle(head) {
      case .send(let text): write(text, connection)
      case .sendAndClose(let text): return write(text, connection)
      case .sendAndHang(let text):
        write(text, connection)
        var byte: UInt8 = 0
        while recv(connection, &byte, 1, 0) > 0 {}
        return
      case .reset:
        var now = linger(l_onoff: 1, l_linger: 0)
        setsockopt(
          connection, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
        return
      }
    }
  }

  /// Up to the empty line; the requests of these tests have no body.
  private func readHead(_ connection: Int32) -> String? {
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
      guard recv(connection, &byte, 1, 0) == 1 else { return nil }
      head.append(byte)
    }
    return String(decoding: head, as: UTF8.self)
  }

  private func write(_ text: String, _ connection: Int32) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      sent += count
    }
  }
}
