import CLinux
import Glibc

/// The parser process: answers requests about granules until its parent goes away.
///
/// What parses untrusted headers in C runs here, so that a hostile file costs itself alone, and
/// several processes get round libhdf5's global lock.
public enum GranuleWorker {
  /// The argument that makes the command a parser process.
  public static let argument = "granule-worker"

  /// What a damaged file may make libhdf5 ask for.
  private static let addressSpaceByteLimit: rlim_t = 6 << 30

  /// Serves the socket that is the standard input; ends when it closes.
  public static func run() -> Never {
    _ = shim_die_with_parent()
    // A sanitizer's shadow memory is beyond any limit from the start.
    if usedAddressSpaceByteCount < addressSpaceByteLimit {
      limit(RLIMIT_AS, to: addressSpaceByteLimit)
    }
    limit(RLIMIT_CORE, to: 0)
    let socket = MessageSocket(descriptor: STDIN_FILENO)
    do throws(MessageSocket.Failure) {
      while true {
        guard
          case .request(let request, let byteCount, let origin) =
            try socket.receive(deadline: nil)
        else { exit(2) }
        try socket.send(answer(request, byteCount, origin, socket), deadline: nil)
      }
    } catch {
      switch error {
      case .closed: exit(0)
      case .timedOut, .malformed: exit(2)
      }
    }
  }

  /// 0 where the system doesn't say.
  private static var usedAddressSpaceByteCount: rlim_t {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var digits: rlim_t = 0
    while case let byte = fgetc(file), byte >= 0x30, byte <= 0x39 {
      digits = digits * 10 + rlim_t(byte - 0x30)
    }
    return digits * rlim_t(sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func limit(_ resource: __rlimit_resource, to value: rlim_t) {
    var limit = rlimit(rlim_cur: value, rlim_max: value)
    setrlimit(__rlimit_resource_t(resource.rawValue), &limit)
  }

  private static func answer(
    _ request: GranuleRequest, _ byteCount: Int, _ origin: Message.Origin, _ socket: MessageSocket
  ) -> Message {
    var lacksBytes = false
    do throws(GranuleError.Reason) {
      let bytes: any GranuleBytes
      switch origin {
      case .path(let path): bytes = try FileBytes(path: path, byteCount: byteCount)
      case .head(let head):
        bytes = BlockBytes(byteCount: byteCount, head: head) {
          range throws(GranuleError.Reason) in
          guard let bytes = ask(range, socket) else {
            lacksBytes = true
            throw .absent
          }
          return bytes
        }
      }
      return .answer(try request.answer(from: bytes))
    } catch {
      return lacksBytes ? .failureOfBytes : .failure(error)
    }
  }

  private static func ask(_ range: Range<Int>, _ socket: MessageSocket) -> [UInt8]? {
    do throws(MessageSocket.Failure) {
      try socket.send(.needBytes(range), deadline: nil)
      if case .bytes(let bytes) = try socket.receive(deadline: nil) { return bytes }
      return nil
    } catch {
      exit(error == .closed ? 0 : 2)
    }
  }
}
