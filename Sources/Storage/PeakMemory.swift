internal import Foundation

/// The most memory that a process had resident, by its own account.
///
/// `getrusage` and `wait4` won't do: what the starting process had resident counts there, too, if the
/// system started the new one in its memory, as `posix_spawn` does.
///
/// Source: Linux, proc_pid_status(5), `VmHWM`.
public enum PeakMemory {
  /// - Parameter process: A process's number, or `self`.
  /// - Returns: Bytes; `nil` if the process is gone.
  public static func byteCount(of process: String = "self") -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
  }
}
