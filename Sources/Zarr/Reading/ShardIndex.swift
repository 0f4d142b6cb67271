package import Storage

/// Where the chunks of one shard lie in its object.
///
/// Source: Zarr v3 codecs, "sharding_indexed".
public struct ShardIndex: Hashable, Sendable {
  /// Pairs of offset and byte count in C order of the chunks.
  private let numbers: [UInt64]

  /// Bytes in memory.
  var byteCount: Int { numbers.count * 8 }

  /// - Parameters:
  ///   - bytes: The stored index.
  ///   - chunkLimit: The most bytes that an encoded chunk of the array may have.
  ///   - key: Of the shard, for errors.
  package init(
    _ bytes: [UInt8], _ sharding: Sharding, chunkLimit: Int, key: StoreKey
  ) throws(ZarrError) {
    guard bytes.count == sharding.indexByteCount else {
      throw .damagedIndex(
        key: key, reason: "has \(bytes.count) bytes instead of \(sharding.indexByteCount)")
    }
    let byteCount = sharding.chunkCount * 16
    if sharding.indexHasChecksum {
      let computed = CRC32C.checksum(Array(bytes[..<byteCount]))
      let stored = bytes.withUnsafeBytes {
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: byteCount, as: UInt32.self))
      }
      guard computed == stored else {
        throw .damagedIndex(key: key, reason: "doesn't match its checksum")
      }
    }
    let isLittle = sharding.indexByteOrder == .little
    let numbers = bytes.withUnsafeBytes { buffer in
      stride(from: 0, to: byteCount, by: 8).map { offset in
        let number = buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        return isLittle ? UInt64(littleEndian: number) : UInt64(bigEndian: number)
      }
    }
    for entry in stride(from: 0, to: numbers.count, by: 2) {
      let (offset, count) = (numbers[entry], numbers[entry + 1])
      if offset == .max, count == .max { continue }
      guard count <= UInt64(chunkLimit), offset <= UInt64(Int.max / 2) else {
        throw .damagedIndex(
          key: key, reason: "puts chunk \(entry / 2) at \(offset), \(count) bytes long")
      }
    }
    self.numbers = numbers
  }

  /// The bytes of a chunk in the shard's object; `nil` if it is all fill value.
  func range(ofChunk index: Int) -> Range<Int>? {
    let (offset, count) = (numbers[index * 2], numbers[index * 2 + 1])
    if offset == .max, count == .max { return nil }
    return Int(offset)..<Int(offset) + Int(count)
  }
}
