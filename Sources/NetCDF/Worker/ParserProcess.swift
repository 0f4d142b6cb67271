import CLinux
import Glibc

/// One process that parses granules for this one. Used by one thread, which it doesn't outlive.
///
/// The process gets no credentials, only what libraries need from the environment, and reads
/// local granules by path, all others through this process.
final class ParserProcess {
  private let socket: MessageSocket
  private let processID: pid_t
  private var isReaped = false
  /// Requests it has answered.
  private(set) var answerCount = 0

  /// What libraries look at, and sanitizers, which say there where they report to.
  private static let passedOn = [
    "PATH", "LD_LIBRARY_PATH", "HDF5_PLUGIN_PATH", "TMPDIR", "ASAN_OPTIONS", "TSAN_OPTIONS",
  ]

  /// - Parameter executable: A program whose `granule-worker` argument runs ``GranuleWorker``.
  init(executable: String) throws(GranuleError.Reason) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .noParser("socketpair: " + String(cString: strerror(errno)))
    }
    socket = MessageSocket(descriptor: ends[0])
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    _ = shim_spawn_closes_from(&actions, STDERR_FILENO + 1)
    var environment = Self.passedOn.compactMap { name in
      getenv(name).map { "\(name)=" + String(cString: $0) }
    }
    // What a process that crashes would tell, a second long, nobody reads.
    environment.append("SWIFT_BACKTRACE=enable=no")
    var processID: pid_t = 0
    // Until it is running, the process shares libhdf5's open files and the locks on them, which
    // would keep libnetcdf from opening what was just written.
    let status = LibraryLock.locked {
      Self.withCStrings([executable, GranuleWorker.argument]) { arguments in
        Self.withCStrings(environment) { environment in
          posix_spawn(&processID, executable, &actions, nil, arguments, environment)
        }
      }
    }
    guard status == 0 else {
      throw .noParser("\(executable): " + String(cString: strerror(status)))
    }
    self.processID = processID
  }

  deinit {
    if !isReaped {
      kill(processID, SIGKILL)
      _ = reap()
    }
  }

  /// Has one request answered.
  ///
  /// - Parameters:
  ///   - deadlineSeconds: How long the process may take, not counting the reads it asks for.
  ///   - read: Reads bytes of the granule.
  /// - Throws: ``GranuleError/Reason/crashed(signal:)`` or
  ///   ``GranuleError/Reason/timedOut(seconds:)`` if the process is of no more use; it has ended
  ///   then.
  func answer(
    _ request: GranuleRequest, byteCount: Int, origin: Message.Origin, deadlineSeconds: Double,
    read: (Range<Int>) throws(GranuleError.Reason) -> [UInt8]
  ) throws(GranuleError.Reason) -> [UInt8] {
    let result: Result<[UInt8], GranuleError.Reason>
    do throws(MessageSocket.Failure) {
      try socket.send(
        .request(request, byteCount: byteCount, origin: origin),
        deadline: MessageSocket.now() + deadlineSeconds)
      result = try exchange(byteCount: byteCount, deadlineSeconds: deadlineSeconds, read: read)
    } catch {
      throw end(after: error, deadlineSeconds)
    }
    answerCount += 1
    return try result.get()
  }

  private func exchange(
    byteCount: Int, deadlineSeconds: Double,
    read: (Range<Int>) throws(GranuleError.Reason) -> [UInt8]
  ) throws(MessageSocket.Failure) -> Result<[UInt8], GranuleError.Reason> {
    var readFailure: GranuleError.Reason?
    var left = deadlineSeconds
    while true {
      let start = MessageSocket.now()
      let message = try socket.receive(deadline: start + left)
      left -= MessageSocket.now() - start
      switch message {
      case .answer(let bytes): return .success(bytes)
      case .failure(let reason): return .failure(reason)
      case .failureOfBytes: return .failure(readFailure ?? .noParser("it got all its bytes"))
      case .needBytes(let range):
        guard range.upperBound <= byteCount else { throw .malformed }
        let reply: Message
        do throws(GranuleError.Reason) {
          reply = .bytes(try read(range))
        } catch {
          readFailure = error
          reply = .noBytes
        }
        try socket.send(reply, deadline: MessageSocket.now() + left)
      case .request, .bytes, .noBytes: throw .malformed
      }
    }
  }

  /// Whether the process has ended, by itself or by us.
  var hasEnded: Bool { isReaped }

  private func end(
    after failure: MessageSocket.Failure, _ deadlineSeconds: Double
  ) -> GranuleError.Reason {
    // A process that has ended keeps its status; one that only closed its socket ends here.
    kill(processID, SIGKILL)
    let status = reap()
    switch failure {
    case .closed:
      let signal = status & 0x7f
      return signal != 0
        ? .crashed(signal: signal) : .noParser("it exited with code \(status >> 8 & 0xff)")
    case .timedOut: return .timedOut(seconds: deadlineSeconds)
    case .malformed: return .noParser("it gave a malformed answer")
    }
  }

  private func reap() -> Int32 {
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0, errno == EINTR {}
    isReaped = true
    return status
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    var copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    copies.append(nil)
    return body(copies)
  }
}
