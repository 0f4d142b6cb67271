internal import Zarr

/// Encodes a chunk as an array's filters say, for the few that can't be referenced.
struct SubstituteEncoder {
  private let filters: [JSONValue]

  /// - Parameter filters: `shuffle`, `zlib` and `fletcher32`, as ``ArrayReferences`` has them.
  init(_ filters: [JSONValue]) { self.filters = filters }

  func encode(_ plain: [UInt8]) throws(CodecError) -> [UInt8] {
    var bytes = plain
    for filter in filters {
      switch filter.object?["id"]?.string {
      case "shuffle": bytes = Self.shuffled(bytes, filter.object?["elementsize"]?.int ?? 1)
      case "zlib": bytes = try Self.deflated(bytes, level: filter.object?["level"]?.int ?? 1)
      // A checksum between other filters, which readers check: we have no odd chunk of that kind.
      default: throw .encodingFailed(codec: filter.text(indented: false), code: 0)
      }
    }
    return bytes
  }

  private static func shuffled(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    let count = bytes.count / size
    var shuffled = bytes
    for element in 0..<count {
      for byte in 0..<size { shuffled[byte * count + element] = bytes[element * size + byte] }
    }
    return shuffled
  }

  private static func deflated(_ bytes: [UInt8], level: Int) throws(CodecError) -> [UInt8] {
    let encoder = try DeflateEncoder(.zlib, level: level)
    let capacity = encoder.capacity(for: bytes.count)
    var deflated = [UInt8](repeating: 0, count: capacity)
    let count = try bytes.withUnsafeBufferPointer { (plain) throws(CodecError) in
      try deflated.withUnsafeMutableBufferPointer { (buffer) throws(CodecError) in
        try encoder.encode(
          UnsafeRawBufferPointer(plain), into: UnsafeMutableRawBufferPointer(buffer))
      }
    }
    return Array(deflated[..<count])
  }

  /// The other byte order.
  static func swapped(_ bytes: [UInt8], _ elementByteCount: Int) -> [UInt8] {
    var swapped = bytes
    for start in stride(from: 0, to: bytes.count, by: elementByteCount) {
      swapped[start..<start + elementByteCount].reverse()
    }
    return swapped
  }
}
