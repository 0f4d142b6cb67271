import CF

/// Packs values anew by one scale and offset, and keeps account of the error that makes.
struct Repacker {
  private let repacking: Repacking
  private let variable: String
  private(set) var largestError = 0.0

  init(_ repacking: Repacking, variable: String) {
    self.repacking = repacking
    self.variable = variable
  }

  /// - Throws: ``RepackError`` if a value doesn't fit, or would be taken for the fill.
  mutating func repack(
    _ input: UnsafeRawBufferPointer, _ packing: Packing,
    into output: UnsafeMutableRawBufferPointer
  ) throws(RepackError) {
    let lowest: Double
    let highest: Double
    let bits = repacking.type.byteCount * 8
    if repacking.type.isUnsigned {
      (lowest, highest) = (0, Double(sign: .plus, exponent: bits, significand: 1) - 2)
    } else {
      let half = Double(sign: .plus, exponent: bits - 1, significand: 1)
      (lowest, highest) = (1 - half, half - 1)
    }
    let bytes = Array(input)
    for (index, number) in StoredNumbers(bytes: bytes, type: packing.packedType).enumerated() {
      let stored = number.value.double
      let packed: Int64
      if packing.missing.contains(number.bits) || stored.isNaN {
        packed = Int64(bitPattern: repacking.fillBits)
      } else {
        let value = packing.value(stored)
        let scaled = ((value - repacking.addOffset) / repacking.scaleFactor)
          .rounded(.toNearestOrEven)
        guard scaled >= lowest, scaled <= highest else {
          throw RepackError(variable: variable, value: value, repacking: repacking)
        }
        packed = Int64(scaled)
        let error = abs(scaled * repacking.scaleFactor + repacking.addOffset - value)
        largestError = max(largestError, error)
      }
      let start = index * repacking.type.byteCount
      switch repacking.type.byteCount {
      case 1:
        output.storeBytes(
          of: UInt8(truncatingIfNeeded: packed), toByteOffset: start, as: UInt8.self)
      case 2:
        output.storeBytes(
          of: UInt16(truncatingIfNeeded: packed), toByteOffset: start, as: UInt16.self)
      default:
        output.storeBytes(
          of: UInt32(truncatingIfNeeded: packed), toByteOffset: start, as: UInt32.self)
      }
    }
  }
}

/// A value doesn't fit into the packing that a pipeline asked for.
public struct RepackError: Error, Hashable, Sendable, CustomStringConvertible {
  public let variable: String
  public let value: Double
  public let repacking: Repacking

  public var description: String {
    "\(variable): \(value) doesn't fit into \(repacking.type.rawValue) with scale "
      + "\(repacking.scaleFactor) and offset \(repacking.addOffset)"
  }
}
