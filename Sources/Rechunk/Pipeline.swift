/// How a product is converted, as a file says it: data, not code.
public struct Pipeline: Sendable {
  /// What the product is called; granules may then differ in title. `nil`: nobody said.
  public var product: String?
  public var inputs: [String] = []
  /// Where the stores go, unless the command line says.
  public var target: String?
  public var options: ConversionOptions
  public var time: String?
  /// How to reach inputs and target on S3.
  public var region: String?
  public var endpointURL: String?
  public var isAnonymous = false

  public init(product: String?, options: ConversionOptions) {
    self.product = product
    self.options = options
  }
}

/// What is wrong with a pipeline file, and where.
public struct PipelineError: Error, Hashable, Sendable, CustomStringConvertible {
  public let file: String
  /// Counted from 1; `nil` if it concerns the file as a whole.
  public let line: Int?
  public let problem: String

  public init(file: String, line: Int?, problem: String) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  public var description: String {
    (line.map { "\(file):\($0)" } ?? file) + ": \(problem)"
  }
}
