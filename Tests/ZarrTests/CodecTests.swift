import Testing
import Zarr

struct CodecTests {
  private func decode(
    _ codec: some BytesCodec, _ bytes: [UInt8], limit: Int
  ) throws -> [UInt8] {
    switch try bytes.withUnsafeBytes({ try codec.decode($0, limit: limit) }) {
    case .bytes(let plain): plain
    case .part(let range): Array(bytes[range])
    }
  }

  /// 64 zeros by Python's zlib and gzip.
  static let zeros: [(any BytesCodec, [UInt8])] = [
    (ZLib(), [0x78, 0x9C, 0x63, 0x60, 0xA0, 0x0C, 0x00, 0x00, 0x00, 0x40, 0x00, 0x01]),
    (
      GZip(),
      [
        0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xA0, 0x0C, 0x00,
        0x00, 0x36, 0x63, 0x8D, 0x75, 0x40, 0x00, 0x00, 0x00,
      ]
    ),
  ]

  @Test func `what decodes to more than a chunk may have is refused`() throws {
    for (codec, bytes) in Self.zeros {
      #expect(try decode(codec, bytes, limit: 64) == [UInt8](repeating: 0, count: 64))
      #expect(throws: CodecError.self) { try decode(codec, bytes, limit: 63) }
    }
  }

  @Test func `a zstd frame that claims a giant size is refused before it is decoded`() {
    // Magic number, a descriptor with 8 bytes of content size, 2⁶² of it, and nothing else.
    let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40]
    #expect(throws: CodecError.sizeMismatch(codec: "zstd", claimed: 1 << 62, expected: 100)) {
      try decode(Zstd(), frame, limit: 100)
    }
  }

  @Test func `a blosc frame that claims more than a chunk may have is refused`() {
    // Version 2, lz4 format, no shuffle, type size 1, 2³⁰ bytes in one block, 16 stored.
    let frame: [UInt8] = [2, 1, 0x21, 1, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 16, 0, 0, 0]
    #expect(throws: CodecError.self) { try decode(Blosc(), frame, limit: 100) }
  }

  @Test func `bytes after a zlib stream are passed over, after a gzip member they are a member`()
    throws
  {
    let (zlib, gzip) = (Self.zeros[0].1, Self.zeros[1].1)
    #expect(try decode(ZLib(), zlib + [1, 2, 3, 4], limit: 64).count == 64)
    #expect(try decode(GZip(), gzip + gzip, limit: 128).count == 128)
    #expect(throws: CodecError.self) { try decode(GZip(), gzip + [1], limit: 128) }
  }

  @Test func `unshuffling puts each element's bytes together, and leaves the rest`() throws {
    #expect(
      try decode(Shuffle(elementSize: 2), [1, 3, 5, 2, 4, 6, 7], limit: 7) == [1, 2, 3, 4, 5, 6, 7])
    #expect(
      try decode(Shuffle(elementSize: 3), [1, 4, 2, 5, 3, 6], limit: 6) == [1, 2, 3, 4, 5, 6])
    #expect(try decode(Shuffle(elementSize: 4), [9, 8], limit: 2) == [9, 8])
  }

  /// Sums computed with HDF5's `H5_checksum_fletcher32`, as numcodecs has it.
  @Test(arguments: [
    (Array("abcde".utf8), UInt32(0x4FF0_29C7)),
    ([UInt8](repeating: 0xFF, count: 2000), UInt32(0xFFFF_FFFF)),
    ((0..<4096).map { UInt8($0 * 7 & 0xFF) }, UInt32(0xBA5D_03FC)),
  ]) func `the Fletcher checksum is HDF5's`(bytes: [UInt8], sum: UInt32) throws {
    let stored = (0..<4).map { UInt8(sum >> ($0 * 8) & 0xFF) }
    #expect(try decode(Fletcher32(), bytes + stored, limit: bytes.count) == bytes)
    #expect(
      throws: CodecError.checksumMismatch(codec: "fletcher32", stored: sum ^ 1, computed: sum)
    ) { try decode(Fletcher32(), bytes + [stored[0] ^ 1] + stored[1...], limit: bytes.count) }
  }
}
