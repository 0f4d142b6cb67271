/// How the coordinates of a chunk become the last part of its key.
///
/// Source: Zarr v3 core, "Chunk key encoding"; Zarr v2, "dimension_separator".
public struct ChunkKeyEncoding: Hashable, Sendable {
  public enum Style: Hashable, Sendable {
    /// `c/0/1`; a scalar's only chunk is `c`.
    case standard
    /// `0.1`; a scalar's only chunk is `0`.
    case v2
  }

  public enum Separator: String, Hashable, Sendable {
    case slash = "/"
    case dot = "."
  }

  public let style: Style
  public let separator: Separator

  public init(style: Style, separator: Separator) {
    self.style = style
    self.separator = separator
  }

  /// The key of a chunk, relative to the array.
  public func key(ofChunk chunk: [Int]) -> String {
    let numbers = chunk.map(String.init).joined(separator: separator.rawValue)
    switch style {
    case .standard: return chunk.isEmpty ? "c" : "c" + separator.rawValue + numbers
    case .v2: return chunk.isEmpty ? "0" : numbers
    }
  }
}
