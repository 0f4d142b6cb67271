import CF
import Zarr

extension ConversionOptions {
  /// Reads what a manifest says was asked for.
  ///
  /// - Parameter described: ``YearInputs/options``.
  /// - Returns: `nil` if there is something that this version doesn't know.
  public init?(described: [String: String], threads: Int) {
    self.init(threads: threads)
    for (name, text) in described {
      switch name {
      case "--zarr-format":
        guard let number = Int(text), let format = ZarrFormat(rawValue: number) else { return nil }
        self.format = format
      case "--chunk", "--shard":
        guard text == "advised" || Self.extents(text) != nil else { return nil }
        if name == "--chunk" { chunk = Self.extents(text) } else { shard = Self.extents(text) }
      case "--variables":
        variables = text == "all" ? nil : text.split(separator: ",").map(String.init)
      case "duplicates":
        guard let duplicates = Duplicates(rawValue: text) else { return nil }
        self.duplicates = duplicates
      case "--codec":
        guard let codec = CodecText.parse(text.replacing(" ", with: ":")) else { return nil }
        self.codec = codec
      case let name where name.hasPrefix("variables: "):
        guard let policy = VariablePolicy(described: text) else { return nil }
        policies[String(name.dropFirst("variables: ".count))] = policy
      default: return nil
      }
    }
  }

  private static func extents(_ text: String) -> [Int]? {
    let parts = text.split(separator: "x").map { Int($0) }
    let extents = parts.compactMap { $0 }
    return extents.count == parts.count && !extents.isEmpty ? extents : nil
  }
}

extension VariablePolicy {
  /// Reads `repack to int16, scale 0.01, offset 273.15`, or one of the single words.
  fileprivate init?(described text: String) {
    switch text {
    case "automatic": self = .automatic
    case "keep": self = .keep
    case "unpack": self = .unpack
    case "drop": self = .drop
    default:
      let words = text.split { $0 == " " || $0 == "," }
      guard words.count == 7, words[0] == "repack", let type = DataType(rawValue: String(words[2])),
        let scale = Double(words[4]), let offset = Double(words[6])
      else { return nil }
      self = .repack(Repacking(type: type, scaleFactor: scale, addOffset: offset))
    }
  }
}
