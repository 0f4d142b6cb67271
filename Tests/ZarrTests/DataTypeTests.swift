import CF
import Testing
import Zarr

struct DataTypeTests {
  @Test(arguments: [
    ("<f4", DataType.float32, ByteOrder.little), (">i2", .int16, .big), ("|u1", .uint8, .little),
    ("|i1", .int8, .little), (">f8", .float64, .big), ("<u8", .uint64, .little),
  ]) func `a NumPy type string is read with its byte order`(
    name: String, type: DataType, order: ByteOrder
  ) throws {
    let parsed = try #require(DataType.parse(v2Name: name))
    #expect(parsed.type == type && parsed.order == order)
    if order == .little { #expect(type.v2Name == name) }
  }

  @Test(arguments: ["", "f4", "|i2", "<M8[s]", "|b1", "|S4", "<f2", "<c8", "=i2"])
  func `a NumPy type that isn't one of ours is refused`(name: String) {
    #expect(DataType.parse(v2Name: name) == nil)
  }

  @Test(arguments: [
    (DataType.float32, "\"NaN\"", UInt64(0x7FC0_0000)),
    (.float64, "\"NaN\"", 0x7FF8_0000_0000_0000),
    (.float32, "NaN", 0x7FC0_0000),
    (.float32, "\"-Infinity\"", 0xFF80_0000),
    (.float32, "\"0x7fc00001\"", 0x7FC0_0001),
    (.float32, "9.969209968386869e+36", 0x7CF0_0000),
    (.float32, "-0.0", 0x8000_0000),
    (.int16, "-32768", 0x8000), (.int16, "-32768.0", 0x8000), (.int8, "-1", 0xFF),
    (.uint8, "255", 255), (.int64, "-9223372036854775808", 1 << 63),
    (.uint64, "18446744073709551615", .max), (.int32, "0", 0),
  ]) func `a fill value is read to the bit`(type: DataType, text: String, bits: UInt64) throws {
    #expect(type.fillBits(of: try JSONValue(parsing: text)) == bits)
  }

  @Test(arguments: [
    (DataType.int16, "32768"), (.uint8, "-1"), (.int8, "255"), (.int16, "0.5"), (.int16, "\"NaN\""),
    (.float32, "\"nan\""), (.float32, "\"0x7fc0000\""), (.float32, "true"), (.int8, "null"),
    (.int64, "9223372036854775808"), (.uint64, "-1"),
  ]) func `a fill value the type can't hold is refused`(type: DataType, text: String) throws {
    #expect(type.fillBits(of: try JSONValue(parsing: text)) == nil)
  }

  @Test func `a fill value is written so that it reads back the same`() {
    var bits: UInt64 = 1
    for _ in 0..<2000 {
      bits = bits &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for type in DataType.allCases {
        let own = bits >> UInt64(64 - type.byteCount * 8)
        #expect(type.fillBits(of: type.fillJSON(own)) == own, "\(type) \(own)")
      }
    }
  }
}
