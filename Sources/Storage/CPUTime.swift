internal import Foundation
internal import Glibc

/// CPU time of this process and of its children, those that still run included.
///
/// Source: Linux, getrusage(2), proc_pid_stat(5), proc_pid_children(5).
public enum CPUTime {
  /// Children of a system that doesn't list them count once they have ended.
  public static func seconds() -> Double {
    ended(RUSAGE_SELF) + ended(RUSAGE_CHILDREN)
      + children().reduce(0) { $0 + running($1) }
  }

  private static func ended(_ who: __rusage_who) -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(who.rawValue), &usage)
    return usage.ru_utime.seconds + usage.ru_stime.seconds
  }

  private static func children() -> [Substring] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.flatMap { task in
      let text = try? String(contentsOfFile: "/proc/self/task/\(task)/children", encoding: .utf8)
      return (text ?? "").split(separator: " ")
    }
  }

  private static func running(_ process: Substring) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The name, in parentheses, may hold spaces.
      let name = text.lastIndex(of: ")")
    else { return 0 }
    let fields = text[name...].split(separator: " ")
    guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13])
    else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}

extension timeval {
  fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
