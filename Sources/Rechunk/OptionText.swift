import Zarr

/// Reads `2010` or `2010..2012`.
public func parseYears(_ text: String) -> ClosedRange<Int>? {
  let parts = text.split(separator: ".", omittingEmptySubsequences: true).map { Int($0) }
  guard text.filter({ $0 == "." }).count == (parts.count == 2 ? 2 : 0),
    let first = parts.first ?? nil, let last = parts.last ?? nil, parts.count <= 2, first <= last
  else { return nil }
  return first...last
}

/// Reads `25x25`, or `64` for both dimensions.
public func parseExtents(_ text: String) -> [Int]? {
  let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false)
  let extents = parts.compactMap { Int($0) }.filter { $0 > 0 }
  guard extents.count == parts.count, (1...2).contains(extents.count) else { return nil }
  return extents.count == 1 ? [extents[0], extents[0]] : extents
}

/// Codecs as they are typed: `zstd:1`, `blosc:lz4:5:bitshuffle`.
public enum CodecText {
  public static let form =
    "auto, blosc:zstd|lz4[:LEVEL][:shuffle|bitshuffle|noshuffle], zstd[:LEVEL], gzip[:LEVEL] "
    + "(zlib in Zarr v2), or none"

  public static func parse(_ text: String) -> ConversionOptions.Codec? {
    var parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)[...]
    func level(in range: ClosedRange<Int>, or usual: Int) -> Int? {
      guard let part = parts.popFirst() else { return usual }
      return Int(part).flatMap { range.contains($0) ? $0 : nil }
    }
    let compressor: Compressor?
    switch parts.popFirst() {
    case "auto": return parts.isEmpty ? .automatic : nil
    case "none": compressor = Compressor.none
    case "zstd": compressor = level(in: 1...22, or: 1).map { .zstd(level: $0) }
    case "gzip", "zlib": compressor = level(in: 0...9, or: 5).map { .gzip(level: $0) }
    case "blosc": compressor = blosc(&parts)
    default: compressor = nil
    }
    guard parts.isEmpty else { return nil }
    return compressor.map { .fixed($0) }
  }

  private static func blosc(_ parts: inout ArraySlice<Substring>) -> Compressor? {
    let names: [Substring: BloscName] = ["zstd": .zstd, "lz4": .lz4]
    guard let name = names[parts.popFirst() ?? "zstd"] else { return nil }
    var level = name == .lz4 ? 5 : 1
    if let part = parts.first, let number = Int(part) {
      guard (0...9).contains(number) else { return nil }
      level = number
      parts.removeFirst()
    }
    let shuffles: [Substring: BloscShuffle] = [
      "shuffle": .byte, "bitshuffle": .bit, "noshuffle": .none,
    ]
    guard let shuffle = shuffles[parts.popFirst() ?? "shuffle"] else { return nil }
    return .blosc(cname: name, level: level, shuffle: shuffle)
  }
}
