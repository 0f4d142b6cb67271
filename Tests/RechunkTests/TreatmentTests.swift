import CF
import Foundation
import NetCDF
import Storage
import Testing

@testable import Rechunk

struct TreatmentTests {
  /// A stack of one int16 variable, one granule a day, with these attributes.
  private func stack(_ attributes: [[Attribute]]) async throws -> Stack {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (day, attributes) in attributes.enumerated() {
      let writer = try NetCDFWriter(
        path: folder.appendingPathComponent("\(day).nc").path, attributes: [])
      try writer.addDimension("time", length: 1)
      try writer.addVariable(
        "time", type: .int32, dimensions: ["time"], chunkShape: nil, deflateLevel: nil,
        shuffle: false, fletcher32: false, fillBits: nil,
        attributes: [Attribute("units", .text("days since 2020-01-01"))])
      try writer.addVariable(
        "v", type: .int16, dimensions: ["time"], chunkShape: nil, deflateLevel: nil,
        shuffle: false, fletcher32: false, fillBits: 0x8000, attributes: attributes)
      try [Int32(day)].withUnsafeBytes { try writer.write("time", $0) }
      try [Int16(5)].withUnsafeBytes { try writer.write("v", $0) }
      try writer.close()
    }
    return try await scan(folder)
  }

  private func packing(_ scale: Double?, _ offset: Double?) -> [Attribute] {
    [("scale_factor", scale), ("add_offset", offset)].compactMap { name, value in
      value.map { Attribute(name, .reals([$0], .float64)) }
    }
  }

  private func treat(
    _ attributes: [[Attribute]], _ policy: VariablePolicy = .automatic
  ) async throws -> TreatedVariable {
    let stack = try await stack(attributes)
    return try stack.treatment(of: try #require(stack.variable("v")), policy: policy)
  }

  @Test func `the same packing in all granules keeps integers and attributes`() async throws {
    let treated = try await treat([packing(0.01, 273), packing(0.01, 273)])
    #expect(treated.treatment == .keep)
    #expect(treated.type == .int16)
    #expect(treated.fillBits == 0x8000)
    #expect(treated.masksFill)
    #expect(treated.attributes["scale_factor"]?.double == 0.01)
  }

  @Test func `packing that differs is unpacked and its attributes go`() async throws {
    let treated = try await treat([packing(0.01, 273), packing(0.01, 274)])
    #expect(treated.treatment == .unpack)
    #expect(treated.type == .float32)
    #expect(treated.attributes["scale_factor"] == nil && treated.attributes["add_offset"] == nil)
  }

  @Test func `scale 1 and offset 0 say the same as nothing`() async throws {
    let treated = try await treat([packing(1, 0), packing(nil, nil)])
    #expect(treated.treatment == .keep)
    #expect(treated.attributes["scale_factor"] == nil)
  }

  @Test func `flags are never unpacked`() async throws {
    let flags = [Attribute("flag_meanings", .text("a b"))]
    let error = await #expect(throws: TreatmentError.self) {
      try await treat([flags + packing(1, 0), flags + packing(2, 0)])
    }
    #expect(error == .flagsPacked(variable: "v"))
    let kept = try await treat([flags + packing(1, 0), flags + packing(1, 0)], .unpack)
    #expect(kept.treatment == .keep)
  }

  @Test func `integers whose packing differs can't be kept`() async throws {
    let error = await #expect(throws: TreatmentError.self) {
      try await treat([packing(0.01, 273), packing(0.01, 274)], .keep)
    }
    #expect(error == .packingDiffers(variable: "v", packings: 2))
  }

  // Source: a test of aodn/aws-wps on the night of 2016-07-14 asserts these two limits.
  @Test func `packed limits are unpacked, the widest of all granules`() async throws {
    let limits = [
      Attribute("valid_min", .integers([-32767], .int16)),
      Attribute("valid_max", .integers([32767], .int16)),
    ]
    let treated = try await treat([
      limits + packing(0.00999999977648258, 291.92919921875),
      limits + packing(0.00999999977648258, 291.0),
    ])
    #expect(treated.attributes["valid_max"] == .reals([Double(Float(619.5991918947548))], .float32))
    let one = try await treat(
      [limits + packing(0.00999999977648258, 291.92919921875)], .unpack)
    #expect(one.attributes["valid_min"] == .reals([Double(Float(-35.74079345725477))], .float32))
  }

  @Test func `repacking states its own packing`() async throws {
    let repacking = Repacking(type: .int16, scaleFactor: 0.01, addOffset: 273.15)
    let treated = try await treat([packing(0.01, 273), packing(0.01, 274)], .repack(repacking))
    #expect(treated.type == .int16)
    #expect(treated.fillBits == 0x8000)
    #expect(treated.attributes["add_offset"]?.double == 273.15)
  }

  @Test func `a value that equals the number for absence is an error, not a hole`() async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    // NetCDF's default fill of int8 is -127; the second granule lacks the variable.
    for day in 0..<2 {
      let writer = try NetCDFWriter(
        path: folder.appendingPathComponent("\(day).nc").path, attributes: [])
      try writer.addDimension("time", length: 1)
      for (name, type) in [("time", DataType.int32), ("count", .int8), ("other", .int8)]
      where name != "count" || day == 0 {
        try writer.addVariable(
          name, type: type, dimensions: ["time"], chunkShape: nil, deflateLevel: nil,
          shuffle: false, fletcher32: false, fillBits: nil,
          attributes: name == "time"
            ? [Attribute("units", .text("days since 2020-01-01"))] : [])
        if type == .int32 {
          try [Int32(day)].withUnsafeBytes { try writer.write(name, $0) }
        } else {
          try [Int8(-127)].withUnsafeBytes { try writer.write(name, $0) }
        }
      }
      try writer.close()
    }
    await #expect(throws: RefillError.self) {
      try await convert(folder, ConversionOptions(threads: 1), to: MemoryStore())
    }
  }
}
