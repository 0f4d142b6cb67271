import CISAL

/// CRC-32C (Castagnoli), as in Zarr's `crc32c` codec and shard index, and in S3.
///
/// Source: RFC 3720, B.4.
public struct CRC32C: Hashable, Sendable {
  private var state: UInt32 = ~0

  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard var next = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
    var left = bytes.count
    while left > 0 {
      let step = min(left, 1 << 30)
      state = shim_crc32c(UnsafeMutablePointer(mutating: next), Int32(step), state)
      next += step
      left -= step
    }
  }

  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var crc = CRC32C()
    crc.update(bytes)
    return crc.value
  }

  public static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0) }
  }
}
