public import Storage

/// One object of an array as it was written: a shard, or one chunk where it isn't sharded.
public struct ObjectRecord: Hashable, Sendable, Codable {
  /// Relative to the store.
  public let key: StoreKey
  public let byteCount: Int
  /// Of all its bytes.
  public let crc32c: UInt32

  public init(key: StoreKey, byteCount: Int, crc32c: UInt32) {
    self.key = key
    self.byteCount = byteCount
    self.crc32c = crc32c
  }
}
