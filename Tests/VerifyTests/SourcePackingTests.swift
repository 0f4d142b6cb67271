import CF
import NetCDF
import Testing

@testable import Verify

/// The rule of `verify` against that of the rest: two implementations of one specification.
struct SourcePackingTests {
  private func variable(_ type: DataType, _ attributes: [Attribute]) -> Witness.Variable {
    Witness.Variable(name: "v", type: type, dimensions: [], attributes: attributes)
  }

  private static let values: [AttributeValue] =
    [
      .integers([5], .int8), .integers([-1], .int8), .integers([-128], .int8),
      .integers([255], .uint8), .integers([-32768], .int16), .integers([65535], .uint16),
      .integers([-2_147_483_647], .int32), .integers([70000], .int64), .integers([-1], .int64),
      .integers([-1], .uint64), .reals([5], .float32), .reals([5.5], .float64),
      .reals([-999], .float32), .reals([.nan], .float32), .reals([.nan], .float64),
      .reals([1e300], .float64), .reals([.infinity], .float64), .text("5"),
      .integers([5, 6], .int16),
      .reals([9.969209968386869e36], .float64),
    ]

  @Test(arguments: DataType.allCases, [true, false])
  func `both rules take the same numbers for “no value”`(type: DataType, isUnsigned: Bool) {
    for first in Self.values {
      for second in Self.values {
        var attributes = [Attribute("_FillValue", first), Attribute("missing_value", second)]
        if isUnsigned { attributes.append(Attribute("_Unsigned", .text("true"))) }
        let ours = SourcePacking(variable(type, attributes))
        let theirs = Packing(storedType: type, attributes: attributes)
        #expect(ours.type == theirs.packedType)
        #expect(ours.missing == theirs.missing, "\(type) \(attributes)")
      }
    }
  }

  @Test func `an attribute of text or of several numbers is no scale`() {
    let packing = SourcePacking(
      variable(
        .int16,
        [
          Attribute("scale_factor", .text("0.1")),
          Attribute("add_offset", .reals([1, 2], .float64)),
        ]))
    #expect(packing.scale == 1)
    #expect(packing.offset == 0)
  }
}
