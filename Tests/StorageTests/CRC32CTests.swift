import Storage
import Testing

struct CRC32CTests {
  // Source: RFC 3720, B.4.
  @Test(
    arguments: [
      ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
      ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
      (Array("123456789".utf8), 0xE306_9283),
      ([], 0),
    ] as [([UInt8], UInt32)])
  func `the checksum is that of the RFC`(bytes: [UInt8], crc: UInt32) {
    #expect(CRC32C.checksum(bytes) == crc)
  }
}
