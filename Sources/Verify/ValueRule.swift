import CF
import Foundation
import NetCDF
import Rechunk
import Zarr

/// What an array must hold for what a granule holds.
///
/// Kept numbers are the granule's, bit for bit. Unpacked ones are `packed * scale + offset` in
/// double precision, rounded once where the array is `float32`, NaN for “no value”. Repacked ones
/// come nearest to the value.
struct ValueRule: Sendable {
  let treatment: Manifest.Variable.Treatment
  let packing: SourcePacking
  /// In the array.
  let type: DataType
  let fillBits: UInt64
  /// Of the array; used where numbers are packed anew.
  let scale: Double
  let offset: Double

  init(
    _ treatment: Manifest.Variable.Treatment, source: Witness.Variable, array: ArrayMetadata
  ) {
    self.treatment = treatment
    packing = SourcePacking(source)
    type = array.dataType
    fillBits =
      treatment == .unpacked
      ? array.dataType.quietNaN : array.fillBits ?? packing.missing.first ?? 0
    scale = array.attributes["scale_factor"]?.double ?? 1
    offset = array.attributes["add_offset"]?.double ?? 0
  }

  /// - Parameter stored: The granule's numbers.
  /// - Returns: The bytes that the array must hold, and how many of the numbers are values.
  func expected(_ stored: [UInt8]) -> (bytes: [UInt8], validCount: Int) {
    packing.type.withNumberType { type in
      func open<Packed: FileNumber>(_: Packed.Type) -> (bytes: [UInt8], validCount: Int) {
        expected(stored, Packed.self)
      }
      return open(type)
    }
  }

  private func expected<Packed: FileNumber>(
    _ stored: [UInt8], _: Packed.Type
  ) -> (bytes: [UInt8], validCount: Int) {
    switch treatment {
    case .kept, .copied, .timeCoordinate:
      var validCount = 0
      each(stored, Packed.self) { _, number in
        if !packing.isMissing(number.storedBits), !number.isNaN { validCount += 1 }
      }
      return (stored, validCount)
    case .refilled:
      return fill(stored, Packed.self) { $0.storedBits }
    case .unpacked where type == .float32:
      return fill(stored, Packed.self) {
        UInt64(Float($0.double * packing.scale + packing.offset).bitPattern)
      }
    case .unpacked:
      return fill(stored, Packed.self) { ($0.double * packing.scale + packing.offset).bitPattern }
    case .repacked:
      return fill(stored, Packed.self) { number in
        let value = number.double * packing.scale + packing.offset
        let packed = ((value - offset) / scale).rounded(.toNearestOrEven)
        guard let whole = Int64(exactly: packed) else { return fillBits }
        return UInt64(bitPattern: whole) & (.max >> UInt64(64 - 8 * type.byteCount))
      }
    }
  }

  private func each<Packed: FileNumber>(
    _ stored: [UInt8], _: Packed.Type, _ body: (Int, Packed) -> Void
  ) {
    let size = MemoryLayout<Packed>.size
    stored.withUnsafeBytes { buffer in
      for index in 0..<buffer.count / size {
        body(index, buffer.loadUnaligned(fromByteOffset: index * size, as: Packed.self))
      }
    }
  }

  /// Fills bytes of the array's type with what `bits` makes of numbers that are values.
  private func fill<Packed: FileNumber>(
    _ stored: [UInt8], _ packed: Packed.Type, _ bits: (Packed) -> UInt64
  ) -> (bytes: [UInt8], validCount: Int) {
    let size = type.byteCount
    var validCount = 0
    var bytes = [UInt8](
      repeating: 0, count: stored.count / MemoryLayout<Packed>.size * size)
    bytes.withUnsafeMutableBytes { output in
      each(stored, packed) { index, number in
        let isValue = !packing.isMissing(number.storedBits) && !number.isNaN
        if isValue { validCount += 1 }
        // A NaN that a granule names no fill is one bit pattern of many.
        let isCopied = treatment == .refilled && !packing.isMissing(number.storedBits)
        let word = isValue || isCopied ? bits(number) : fillBits
        switch size {
        case 1: output[index] = UInt8(truncatingIfNeeded: word)
        case 2:
          output.storeBytes(
            of: UInt16(truncatingIfNeeded: word), toByteOffset: index * 2, as: UInt16.self)
        case 4:
          output.storeBytes(
            of: UInt32(truncatingIfNeeded: word), toByteOffset: index * 4, as: UInt32.self)
        default: output.storeBytes(of: word, toByteOffset: index * 8, as: UInt64.self)
        }
      }
    }
    return (bytes, validCount)
  }
}

/// Where two runs of one type's numbers differ; one NaN is as good as another.
struct Mismatch: Sendable {
  var count = 0
  /// Zero-based.
  var first: Int?
  var foundBits: UInt64 = 0
  var expectedBits: UInt64 = 0

  /// - Precondition: both have the same number of bytes.
  init(found: ArraySlice<UInt8>, expected: [UInt8], type: DataType) {
    precondition(found.count == expected.count, "as many numbers in both")
    let areEqual = found.withUnsafeBytes { found in
      expected.withUnsafeBytes { expected in
        guard let found = found.baseAddress, let wanted = expected.baseAddress else { return true }
        return memcmp(found, wanted, expected.count) == 0
      }
    }
    if areEqual { return }
    let size = type.byteCount
    for index in 0..<expected.count / size {
      let start = found.startIndex + index * size
      let ours = found[start..<start + size]
      let theirs = expected[index * size..<(index + 1) * size]
      if ours.elementsEqual(theirs) { continue }
      let (foundBits, expectedBits) = (Self.bits(ours), Self.bits(theirs))
      if type.isFloatingPoint, Self.isNaN(foundBits, type), Self.isNaN(expectedBits, type) {
        continue
      }
      count += 1
      if first == nil {
        (first, self.foundBits, self.expectedBits) = (index, foundBits, expectedBits)
      }
    }
  }

  private static func bits(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func isNaN(_ bits: UInt64, _ type: DataType) -> Bool {
    if case .real(let value) = type.number(bits) { value.isNaN } else { false }
  }
}

extension DataType {
  /// The bits of NaN; 0 for integers.
  fileprivate var quietNaN: UInt64 {
    switch self {
    case .float32: UInt64(Float.nan.bitPattern)
    case .float64: Double.nan.bitPattern
    default: 0
    }
  }
}
