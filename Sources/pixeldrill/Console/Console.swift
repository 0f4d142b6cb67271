import Foundation
import Glibc
import Synchronization

/// Standard error: notes, warnings and progress. Data goes to standard output, by ``output(_:)``.
struct Console: Sendable {
  enum Style: String, CaseIterable, Sendable {
    case text, json
  }

  let style: Style
  let isTerminal = isatty(STDERR_FILENO) == 1

  func note(_ text: String) { line("note", text) }
  func warn(_ text: String) { line("warning", text) }
  func error(_ text: String) { line("error", text) }

  /// Writes data to standard output, all of it; ends the program where that can't be done.
  static func output(_ text: String) {
    let code = write(text, to: STDOUT_FILENO)
    guard code != 0 else { return }
    put("error: standard output: \(String(cString: strerror(code)))\n")
    exit(1)
  }

  private func line(_ level: String, _ text: String) {
    switch style {
    case .text: Self.put((level == "note" ? "" : "\(level): ") + text + "\n")
    case .json:
      let fields = ["level": level, "message": text]
      let json = (try? JSONEncoder().encode(fields)).map { String(decoding: $0, as: UTF8.self) }
      Self.put((json ?? text) + "\n")
    }
  }

  /// Nobody is left to be told where this can't be written.
  static func put(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// - Returns: The system's code for what went wrong, or 0. A reader that has gone away, as `head`
  ///   does, has had enough.
  private static func write(_ text: String, to descriptor: Int32) -> Int32 {
    var rest = Data(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EPIPE {
        return 0
      } else if errno != EINTR {
        return errno
      }
    }
    return 0
  }
}
