internal import CZlib
internal import Storage

/// One file in a zip file.
struct ZipMember: Hashable, Sendable {
  /// With folders, as in the archive.
  let name: String
  /// CRC-32 of the plain bytes.
  let checksum: UInt32
  let compression: TextCompression
  let packedByteCount: Int
  let byteCount: Int
  /// Of the local header.
  let headerOffset: Int

  var fileName: String { String(name.split(separator: "/").last ?? "") }

  /// Where the member's packed bytes are in the file: after the local header, whose length only
  /// it knows.
  func range(
    in store: any ByteStore, _ key: StoreKey, location: String
  ) async throws(ReferenceError) -> Range<Int> {
    let header: [UInt8]?
    do {
      header = try await store.read(key, .bounds(headerOffset..<headerOffset + 30))
    } catch { throw .storage(error) }
    guard let header else { throw .absent(location: location) }
    let fields = ZipFields(header)
    guard fields.number(0, 4) == 0x0403_4B50 else {
      throw .damagedFile(location: location, reason: "the zip file's directory is wrong")
    }
    let start = headerOffset + 30 + fields.number(26, 2) + fields.number(28, 2)
    return start..<start + packedByteCount
  }
}

/// Little-endian numbers in a part of a zip file.
struct ZipFields {
  private let bytes: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { self.bytes = bytes[...] }
  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// - Precondition: The number lies in the part.
  func number(_ offset: Int, _ byteCount: Int) -> Int {
    let start = bytes.startIndex + offset
    // Eight bytes beyond Int.max are clamped: no file is that large.
    let value = bytes[start..<start + byteCount].reversed().reduce(UInt64(0)) {
      $0 << 8 | UInt64($1)
    }
    return Int(clamping: value)
  }
}

/// CRC-32 as zip and gzip have it, of bytes that come in blocks.
struct ZipChecksum {
  private(set) var value: UInt32 = 0

  mutating func add(_ bytes: [UInt8]) {
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), bytes, bytes.count))
  }
}
