internal import Foundation

/// Credentials that a program prints as JSON: a profile's `credential_process`.
struct CredentialProcess: CredentialSource {
  let command: String
  let environment: [String: String]
  private let source = "credential_process"

  init(command: String, environment: [String: String]) {
    self.command = command
    self.environment = environment
  }

  func load() async throws(CredentialError) -> Credentials? {
    let words = try Self.words(command)
    guard !words.isEmpty else { throw .failed(source: source, reason: "the command is empty") }
    let result: Result<[UInt8], CredentialError> = await withUnsafeContinuation { continuation in
      Thread { continuation.resume(returning: run(words)) }.start()
    }
    return try CredentialDocument.parse(result.get(), source: source)
  }

  /// Runs the program; blocks.
  private func run(_ words: [String]) -> Result<[UInt8], CredentialError> {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      return .failure(.failed(source: source, reason: "“\(words[0])” can't be run"))
    }
    let timer = DispatchSource.makeTimerSource()
    timer.schedule(deadline: .now() + 60)
    timer.setEventHandler { process.terminate() }
    timer.resume()
    defer { timer.cancel() }
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationReason == .exit, process.terminationStatus == 0 else {
      return .failure(
        .failed(
          source: source,
          reason: "“\(words[0])” ended with status \(process.terminationStatus)"))
    }
    return .success([UInt8](bytes))
  }

  /// Splits a command as a shell would, with quotes but without expansions.
  static func words(_ command: String) throws(CredentialError) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in command {
      if isEscaped {
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word = (word ?? "") + String(character) }
      } else if character == "\"" || character == "'" {
        quote = character
        word = word ?? ""
      } else if character.isWhitespace {
        if let complete = word { words.append(complete) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    guard quote == nil, !isEscaped else {
      throw .failed(source: "credential_process", reason: "a quote is not closed")
    }
    if let word { words.append(word) }
    return words
  }
}
