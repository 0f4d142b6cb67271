/// Why there is no report.
public enum BenchError: Error, Hashable, Sendable, CustomStringConvertible {
  case config(String)
  /// Two routes don't give the same: which, at which place and step, and what each gave.
  case differs(Difference)
  /// Nothing was compared: no route gave a value.
  case noValues(job: String)
  /// A program that was run failed; with the end of what it said.
  case program(String, status: Int32, said: String)
  /// A program gave an answer that can't be understood.
  case answer(program: String, text: String)
  /// A file can't be read or written.
  case file(path: String, reason: String)

  public struct Difference: Hashable, Sendable {
    public let job: String
    public let network: String
    public let route: Route
    /// What it was compared with.
    public let reference: Route
    public let place: String
    public let step: String
    public let value: String
    public let expected: String
  }

  /// Says what a file of ours lacks in its own terms, not in the decoder's.
  static func unreadable(_ error: any Error, of file: String = "") -> BenchError {
    func at(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "entry \($0 + 1)" } ?? "“\($0.stringValue)”" }
        .joined(separator: ", ")
    }
    switch error {
    case DecodingError.keyNotFound(let key, let context):
      let place = context.codingPath.isEmpty ? "" : " in \(at(context.codingPath))"
      return .config("\(file)“\(key.stringValue)” is missing\(place)")
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.dataCorrupted(let context):
      let place = context.codingPath.isEmpty ? "" : "\(at(context.codingPath)): "
      return .config("\(file)\(place)\(context.debugDescription)")
    default: return .config("\(file)\(error)")
    }
  }

  public var description: String {
    switch self {
    case .config(let problem): "the configuration can't be used: \(problem)"
    case .differs(let difference):
      """
      no report, since routes differ: “\(difference.job)” by \(difference.route) \
      (\(difference.network)) gives \(difference.value) at \(difference.place), \
      \(difference.step), where \(difference.reference) gives \(difference.expected)
      """
    case .noValues(let job): "no report: “\(job)” has no values to compare"
    case .program(let name, let status, let said): "\(name) ended with \(status):\n\(said)"
    case .answer(let program, let text): "\(program) answered what can't be understood: \(text)"
    case .file(let path, let reason): "\(path): \(reason)"
    }
  }
}
