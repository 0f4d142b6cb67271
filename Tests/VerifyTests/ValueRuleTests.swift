import CF
import NetCDF
import Rechunk
import Storage
import Testing
import Zarr

@testable import Verify

struct ValueRuleTests {
  private func array(
    _ type: DataType, fill: String, attributes: String = "{}"
  ) throws -> ArrayMetadata {
    let json = """
      {"zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "\(type.rawValue)",
       "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2]}},
       "chunk_key_encoding": {"name": "default"}, "fill_value": \(fill),
       "codecs": [{"name": "bytes", "configuration": {"endian": "little"}}],
       "attributes": \(attributes), "dimension_names": ["x"]}
      """
    let value = try JSONValue(parsing: json)
    return try ArrayMetadata(v3: #require(value.object), key: StoreKey("v/zarr.json"))
  }

  private let packed = Witness.Variable(
    name: "v", type: .int16, dimensions: [],
    attributes: [
      Attribute("scale_factor", .reals([0.01], .float64)),
      Attribute("add_offset", .reals([280], .float64)),
      Attribute("_FillValue", .integers([-32768], .int16)),
    ])

  private func bytes<Number>(_ numbers: [Number]) -> [UInt8] {
    numbers.withUnsafeBytes { Array($0) }
  }

  /// The expected numbers are numpy's: `np.float32(np.float64(p) * 0.01 + 280)`.
  @Test func `unpacked values are rounded once, and the fill is NaN`() throws {
    let rule = ValueRule(.unpacked, source: packed, array: try array(.float32, fill: "\"NaN\""))
    let (found, valid) = rule.expected(bytes([Int16(1437), -32768, -3, 0]))
    let expected: [Float] = [294.37, .nan, 279.97, 280]
    #expect(Mismatch(found: found[...], expected: bytes(expected), type: .float32).count == 0)
    #expect(valid == 3)
  }

  @Test func `kept numbers are those of the granule`() throws {
    let rule = ValueRule(.kept, source: packed, array: try array(.int16, fill: "-32768"))
    let (found, valid) = rule.expected(bytes([Int16(1437), -32768, -3]))
    #expect(found == bytes([Int16(1437), -32768, -3]))
    #expect(valid == 2)
  }

  @Test func `refilled numbers have the array's fill`() throws {
    let rule = ValueRule(.refilled, source: packed, array: try array(.int16, fill: "-1"))
    #expect(rule.expected(bytes([Int16(7), -32768, -1])).bytes == bytes([Int16(7), -1, -1]))
  }

  @Test func `repacked numbers come nearest to the value`() throws {
    let rule = ValueRule(
      .repacked, source: packed,
      array: try array(
        .int16, fill: "-32768", attributes: #"{"scale_factor": 0.1, "add_offset": 270}"#))
    // 294.37 and 279.97 are 243.7 and 99.7 tenths above 270.
    let (found, _) = rule.expected(bytes([Int16(1437), -32768, -3]))
    #expect(found == bytes([Int16(244), -32768, 100]))
  }

  @Test func `a mismatch names the first number, and one NaN is as good as another`() {
    let found: [Float] = [1, Float(bitPattern: 0x7fc0_0001), 3, .nan]
    let expected: [Float] = [1, .nan, 4, 5]
    let mismatch = Mismatch(found: bytes(found)[...], expected: bytes(expected), type: .float32)
    #expect(mismatch.count == 2)
    #expect(mismatch.first == 2)
    #expect(DataType.float32.text(mismatch.foundBits) == "3.0")
    #expect(DataType.float32.text(mismatch.expectedBits) == "4.0")
  }
}
