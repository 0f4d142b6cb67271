internal import Foundation

/// A Python process that answers a line of JSON with a line of JSON, so that Python's start is paid
/// once and not measured.
final class PeerProcess: @unchecked Sendable {
  private let process = Process()
  private let requests = Pipe()
  private let answers = Pipe()
  private let name: String
  private var rest = Data()

  /// - Parameter arguments: The script, and what it is told.
  init(python: String, arguments: [String]) throws(BenchError) {
    name = arguments[0]
    process.executableURL = URL(filePath: python)
    process.arguments = arguments
    process.standardInput = requests
    process.standardOutput = answers
    do { try process.run() } catch {
      throw .program(python, status: -1, said: "\(error)")
    }
  }

  deinit {
    // It ends when nothing more can be asked.
    do { try requests.fileHandleForWriting.close() } catch { process.terminate() }
    process.waitUntilExit()
  }

  func ask<Answer: Decodable>(
    _ request: some Encodable, for: Answer.Type
  ) throws(BenchError) -> Answer {
    do {
      let bytes = try JSONEncoder().encode(request) + [UInt8(ascii: "\n")]
      try requests.fileHandleForWriting.write(contentsOf: bytes)
    } catch {
      throw .program(name, status: -1, said: "it has gone: \(error)")
    }
    return try answer(Answer.self)
  }

  /// The next line that it says.
  func answer<Answer: Decodable>(_: Answer.Type) throws(BenchError) -> Answer {
    let line = nextLine()
    do { return try JSONDecoder().decode(Answer.self, from: line) } catch {
      throw .answer(
        program: name,
        text: line.isEmpty ? "nothing" : String(decoding: line.prefix(500), as: UTF8.self))
    }
  }

  /// Without its end; empty if the process has ended.
  private func nextLine() -> Data {
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Data(rest[..<end])
        rest = Data(rest[rest.index(after: end)...])
        return line
      }
      let more = answers.fileHandleForReading.availableData
      if more.isEmpty { return rest }
      rest += more
    }
  }
}
