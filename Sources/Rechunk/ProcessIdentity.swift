import Foundation

/// A process, so that others can tell whether it still runs.
struct ProcessIdentity: Codable, Hashable, Sendable {
  let host: String
  let process: Int
  /// The machine since its last start, and the processes that it shows: two processes with the
  /// same text can tell whether the other lives.
  let machine: String
  /// When the process began, in ticks since the machine did; numbers are used again.
  let begin: String

  static let current = ProcessIdentity(
    host: ProcessInfo.processInfo.hostName, process: Int(getpid()), machine: thisMachine,
    begin: beginning(of: Int(getpid())) ?? "")

  private static let thisMachine: String = {
    let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    let space = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
    // Without these, no other process may be taken for dead.
    guard let boot, let space else { return UUID().uuidString }
    return "\(boot.trimmingCharacters(in: .whitespacesAndNewlines)) \(space)"
  }()

  /// Source: proc(5), `/proc/pid/stat`: fields 3 (the state) and 22.
  ///
  /// - Returns: `nil` if there is no such process, or it has ended and nobody has asked how.
  static func beginning(of process: Int) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      // The second field is a name in parentheses that may hold anything.
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[end...].split(separator: " ")
    guard fields.count > 20, fields[1] != "Z", fields[1] != "X" else { return nil }
    return String(fields[20])
  }

  /// Whether the process has certainly ended.
  var isGone: Bool {
    machine == Self.thisMachine && Self.beginning(of: process) != begin
  }
}
