import Foundation
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

  /// Writes data to standard output, all of it.
  static func output(_ text: String) {
    var rest = Data(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      // A reader that has gone away, as `head` does, has had enough.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
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

  static func put(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
