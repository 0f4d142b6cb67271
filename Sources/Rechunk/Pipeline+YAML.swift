import CF
import Yams
import Zarr

extension Pipeline {
  /// Reads a pipeline file.
  ///
  /// - Parameters:
  ///   - yaml: The file's text.
  ///   - file: Its name, for errors.
  ///   - options: What holds where the file says nothing.
  /// - Throws: ``PipelineError``, with the line and, for a wrong key, the nearest right one.
  public init(
    yaml: String, file: String, options: ConversionOptions
  ) throws(PipelineError) {
    let root: Node?
    do {
      root = try Yams.compose(yaml: yaml)
    } catch {
      switch error as? YamlError {
      case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
        .composer(_, let problem, let mark, _)?:
        throw PipelineError(file: file, line: mark.line, problem: "this is no YAML: \(problem)")
      case .duplicatedKeysInMapping(let keys, let context)?:
        throw PipelineError(
          file: file, line: context.mark.line,
          problem: "\(keys.joined(separator: ", ")) is here twice")
      default:
        throw PipelineError(file: file, line: nil, problem: "this is no YAML: \(error)")
      }
    }
    guard let root else {
      throw PipelineError(file: file, line: nil, problem: "the file is empty")
    }
    var reader = PipelineReader(file: file, pipeline: Pipeline(product: nil, options: options))
    try reader.read(root)
    self = reader.pipeline
  }
}

/// Takes the keys of a pipeline file one by one.
private struct PipelineReader {
  let file: String
  var pipeline: Pipeline

  private static let keys = [
    "product", "inputs", "to", "region", "endpoint_url", "anonymous", "time", "years", "variables",
    "other_variables", "duplicates", "zarr_format", "chunk", "shard", "codec",
  ]

  mutating func read(_ root: Node) throws(PipelineError) {
    var dropsOthers = false
    var seen: Set<String> = []
    for (key, value) in try entries(of: root, known: Self.keys) {
      seen.insert(key)
      switch key {
      case "product": pipeline.product = try text(value)
      case "inputs": pipeline.inputs = try texts(value)
      case "to": pipeline.target = try text(value)
      case "region": pipeline.region = try text(value)
      case "endpoint_url": pipeline.endpointURL = try text(value)
      case "anonymous": pipeline.isAnonymous = try flag(value)
      case "time": pipeline.time = try text(value)
      case "years": pipeline.options.years = try parsed(value, "2010 or 2010..2012", parseYears)
      case "variables": try readVariables(value)
      case "other_variables":
        dropsOthers = try choice(value, ["automatic": false, "drop": true])
      case "duplicates":
        pipeline.options.duplicates = try choice(
          value,
          Dictionary(
            uniqueKeysWithValues: ConversionOptions.Duplicates.allCases.map { ($0.rawValue, $0) }))
      case "zarr_format": pipeline.options.format = try choice(value, ["2": .v2, "3": .v3])
      case "chunk": pipeline.options.chunk = try parsed(value, "25x25", parseExtents)
      case "shard": pipeline.options.shard = try parsed(value, "750x1000", parseExtents)
      default:
        pipeline.options.codec = try parsed(value, CodecText.form, CodecText.parse)
      }
    }
    guard seen.contains("product") else {
      throw PipelineError(file: file, line: nil, problem: "“product” is missing: a name for it")
    }
    if dropsOthers { pipeline.options.variables = pipeline.options.policies.keys.sorted() }
  }

  private mutating func readVariables(_ node: Node) throws(PipelineError) {
    for (name, value) in try entries(of: node, known: nil) {
      guard value.mapping == nil else {
        pipeline.options.policies[name] = try repack(value)
        continue
      }
      pipeline.options.policies[name] = try choice(
        value, ["automatic": .automatic, "keep": .keep, "unpack": .unpack, "drop": .drop])
    }
  }

  private func repack(_ node: Node) throws(PipelineError) -> VariablePolicy {
    for (_, value) in try entries(of: node, known: ["repack"]) {
      var type: DataType = .int16
      var scale: Double?
      var offset = 0.0
      for (key, value) in try entries(of: value, known: ["type", "scale_factor", "add_offset"]) {
        switch key {
        case "type":
          type = try choice(
            value, Dictionary(uniqueKeysWithValues: DataType.allCases.map { ($0.rawValue, $0) }))
        case "scale_factor": scale = try parsed(value, "a number other than 0", Self.nonZero)
        default: offset = try parsed(value, "a number") { Double($0) }
        }
      }
      guard let scale else { throw problem(value, "repack needs a scale_factor") }
      return .repack(Repacking(type: type, scaleFactor: scale, addOffset: offset))
    }
    throw problem(node, "name a policy")
  }

  private static func nonZero(_ text: String) -> Double? {
    Double(text).flatMap { $0 == 0 || !$0.isFinite ? nil : $0 }
  }

  /// The keys and values of a mapping, each key once.
  private func entries(
    of node: Node, known: [String]?
  ) throws(PipelineError) -> [(key: String, value: Node)] {
    guard let mapping = node.mapping else { throw problem(node, "expected keys with values") }
    var entries: [(key: String, value: Node)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string else { throw problem(key, "a key must be text") }
      if let known, !known.contains(name) {
        let nearest = nearestName(to: name, in: known)
        throw problem(
          key,
          "there is no key “\(name)”; "
            + (nearest.map { "did you mean “\($0)”?" }
              ?? "keys are \(known.joined(separator: ", "))"))
      }
      entries.append((name, value))
    }
    return entries
  }

  private func text(_ node: Node) throws(PipelineError) -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw problem(node, "expected text")
    }
    return text
  }

  private func texts(_ node: Node) throws(PipelineError) -> [String] {
    guard let nodes = node.sequence else { return [try text(node)] }
    var texts: [String] = []
    for node in nodes { texts.append(try text(node)) }
    return texts
  }

  private func flag(_ node: Node) throws(PipelineError) -> Bool {
    try choice(node, ["true": true, "false": false])
  }

  private func choice<Value>(
    _ node: Node, _ choices: [String: Value]
  ) throws(PipelineError) -> Value {
    let text = try text(node)
    guard let value = choices[text] else {
      let nearest = nearestName(to: text, in: choices.keys)
      throw problem(
        node,
        "“\(text)” is none of \(choices.keys.sorted().joined(separator: ", "))"
          + (nearest.map { "; did you mean “\($0)”?" } ?? ""))
    }
    return value
  }

  private func parsed<Value>(
    _ node: Node, _ form: String, _ parse: (String) -> Value?
  ) throws(PipelineError) -> Value {
    let text = try text(node)
    guard let value = parse(text) else {
      throw problem(node, "“\(text)” doesn't have the form \(form)")
    }
    return value
  }

  private func problem(_ node: Node, _ problem: String) -> PipelineError {
    PipelineError(file: file, line: node.mark?.line, problem: problem)
  }
}
