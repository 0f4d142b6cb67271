import CF

extension VariableType: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let type): type.rawValue
    case .text: "text"
    case .unsupported(let name): name
    }
  }
}

extension Filter: CustomStringConvertible {
  public var description: String {
    switch self {
    case .shuffle: "shuffle"
    case .deflate(let level): "deflate \(level)"
    case .fletcher32: "fletcher32"
    case .other(let id, let name): name.isEmpty ? "filter \(id)" : name
    }
  }
}
