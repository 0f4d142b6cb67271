import Glibc

/// One end of the socket between the command and a parser process.
final class MessageSocket {
  private let descriptor: Int32

  /// Takes over the descriptor and closes it in the end.
  init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  enum Failure: Error {
    /// The other end is gone.
    case closed
    case timedOut
    case malformed
  }

  /// - Parameter deadline: On the clock of ``now()``; `nil` waits for ever.
  func send(_ message: Message, deadline: Double?) throws(Failure) {
    let body = message.encoded
    guard body.count <= Message.byteLimit else { throw .malformed }
    let length = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) }
    try sendAll(length, deadline)
    try sendAll(body, deadline)
  }

  /// - Parameter deadline: On the clock of ``now()``; `nil` waits for ever.
  func receive(deadline: Double?) throws(Failure) -> Message {
    let head = try receiveAll(4, deadline)
    let byteCount = head.reversed().reduce(0) { $0 << 8 | Int($1) }
    guard byteCount <= Message.byteLimit else { throw .malformed }
    let body = try receiveAll(byteCount, deadline)
    do throws(WireReader.Malformed) {
      return try Message(body)
    } catch {
      throw .malformed
    }
  }

  /// Seconds on a clock that only goes forward.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }

  private func sendAll(_ bytes: [UInt8], _ deadline: Double?) throws(Failure) {
    var done = 0
    while done < bytes.count {
      try wait(for: POLLOUT, deadline)
      let count = bytes.withUnsafeBytes { buffer in
        // Without the flag, a parser that died would end this process by SIGPIPE.
        Glibc.send(
          descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done,
          Int32(MSG_NOSIGNAL) | (deadline == nil ? 0 : Int32(MSG_DONTWAIT)))
      }
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      guard count > 0 else { throw .closed }
      done += count
    }
  }

  private func receiveAll(_ byteCount: Int, _ deadline: Double?) throws(Failure) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var done = 0
    while done < byteCount {
      try wait(for: POLLIN, deadline)
      let count = bytes.withUnsafeMutableBytes { buffer in
        recv(descriptor, buffer.baseAddress.map { $0 + done }, byteCount - done, 0)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .closed }
      done += count
    }
    return bytes
  }

  private func wait(for event: Int32, _ deadline: Double?) throws(Failure) {
    guard let deadline else { return }
    var request = pollfd(fd: descriptor, events: Int16(event), revents: 0)
    while true {
      let left = deadline - Self.now()
      guard left > 0 else { throw .timedOut }
      let count = poll(&request, 1, Int32(min(left * 1000 + 1, 1e9)))
      if count > 0 { return }
      if count < 0, errno != EINTR { throw .closed }
    }
  }
}
