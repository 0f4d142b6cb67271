extension Compressor: CustomStringConvertible {
  /// `blosc zstd 1 shuffle`, `zstd 3`, `gzip 5`, `none`.
  public var description: String {
    switch self {
    case .blosc(let name, let level, let shuffle):
      "blosc \(name.rawValue) \(level) \(shuffle.v3Name)"
    case .zstd(let level): "zstd \(level)"
    case .gzip(let level): "gzip \(level)"
    case .none: "none"
    }
  }
}
