internal import Foundation
import Storage

/// What a program took, from its start to its end.
struct ProgramRun: Sendable {
  let seconds: Double
  /// Of the program and its ended children.
  let cpuSeconds: Double
  /// The most resident memory of one process.
  let peakByteCount: Int
  /// Standard error.
  let said: String
}

/// Runs a program to its end.
enum ChildProcess {
  /// - Throws: ``BenchError/program(_:status:said:)`` unless it exits with 0.
  static func run(_ command: [String]) throws(BenchError) -> ProgramRun {
    let log = FileManager.default.temporaryDirectory
      .appending(component: "pixeldrill-bench-\(UUID().uuidString).log").path
    defer { unlink(log) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(
      &actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    let start = ContinuousClock.now
    var processID: pid_t = 0
    let status = posix_spawnp(&processID, command[0], &actions, nil, arguments, environ)
    guard status == 0 else {
      throw .program(command[0], status: status, said: String(cString: strerror(status)))
    }
    var usage = rusage()
    var ended: Int32 = 0
    // Its memory can be asked for only while it runs. Looking takes 20 µs.
    var peak = 0
    while true {
      let done = wait4(processID, &ended, WNOHANG, &usage)
      if done == processID || (done < 0 && errno != EINTR) { break }
      peak = max(peak, PeakMemory.byteCount(of: "\(processID)") ?? 0)
      usleep(5_000)
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let said = FileManager.default.contents(atPath: log) ?? Data()
    let text = String(decoding: said.suffix(2000), as: UTF8.self)
    guard ended == 0 else {
      throw .program(
        command.prefix(3).joined(separator: " "),
        status: ended & 0x7f == 0 ? ended >> 8 & 0xff : ended & 0x7f, said: text)
    }
    return ProgramRun(
      seconds: seconds, cpuSeconds: usage.ru_utime.seconds + usage.ru_stime.seconds,
      peakByteCount: peak, said: text)
  }
}

extension timeval {
  var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

/// CPU seconds of this process and its ended children so far.
func cpuSecondsSoFar() -> Double {
  var total = 0.0
  for who in [RUSAGE_SELF, RUSAGE_CHILDREN] {
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    total += usage.ru_utime.seconds + usage.ru_stime.seconds
  }
  return total
}
