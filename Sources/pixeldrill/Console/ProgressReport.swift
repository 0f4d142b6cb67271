import Foundation
import Rechunk

/// Shows how far long work is: a bar on a terminal, a line every ten seconds elsewhere.
struct ProgressReport {
  /// What is known at one moment.
  struct State: Sendable {
    /// 0...1.
    var fraction: Double
    /// What has been done so far, in words.
    var text: String
  }

  let console: Console
  let title: String

  /// Runs `work` and, beside it, reports what `state` says.
  func during<Result: Sendable>(
    _ state: @escaping @Sendable () -> State, _ work: () async throws -> Result
  ) async throws -> Result {
    let start = ContinuousClock.now
    let console = console
    let title = title
    let reporter = Task.detached {
      let interval = console.isTerminal ? 0.2 : 10.0
      while true {
        try await Task.sleep(for: .seconds(interval))
        Self.show(state(), since: start, title: title, on: console)
      }
    }
    defer {
      reporter.cancel()
      if console.isTerminal, console.style == .text { Console.put("\r\u{1B}[K") }
    }
    return try await work()
  }

  private static func show(
    _ state: State, since start: ContinuousClock.Instant, title: String, on console: Console
  ) {
    let seconds = (ContinuousClock.now - start).seconds
    let fraction = min(1, max(0, state.fraction))
    var words = "\(Int(fraction * 100)) % \(state.text)"
    if fraction > 0.02, seconds > 2 {
      words += ", \(duration(seconds * (1 - fraction) / fraction)) left"
    }
    if console.isTerminal, console.style == .text {
      let filled = Int(fraction * 24)
      let bar =
        String(repeating: "█", count: filled) + String(repeating: "░", count: 24 - filled)
      Console.put("\r\(title) \(bar) \(words)\u{1B}[K")
    } else {
      console.note("\(title): \(words)")
    }
  }

  /// `42 s`, `3 min 20 s`, `2 h 5 min`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    if seconds < 10 { return "\((seconds * 10).rounded() / 10) s" }
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    return "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}

extension Duration {
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
