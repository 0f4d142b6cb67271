import CF
import NetCDF

extension Stack {
  /// Decides what happens to a variable's values, for all years of the stack.
  ///
  /// - Throws: ``TreatmentError``.
  public func treatment(
    of variable: StackVariable, policy: VariablePolicy
  ) throws(TreatmentError) -> TreatedVariable {
    if case .unsupported(let reason) = variable.role {
      throw .notANumber(variable: variable.name, reason: reason)
    }
    guard let type = variable.type, let newest = variable.packings.last else {
      throw .notANumber(variable: variable.name, reason: "it has no type")
    }
    if let other = variable.packings.first(where: { $0.packedType != newest.packedType }) {
      throw .signednessDiffers(
        variable: variable.name, types: [other.packedType, newest.packedType])
    }
    let scalings = Set(variable.packings.map(Scaling.init))
    switch policy {
    case .repack(let repacking):
      guard variable.packings.contains(where: \.isPacked) || type.isFloatingPoint else {
        throw .notPacked(variable: variable.name)
      }
      guard !repacking.type.isFloatingPoint, repacking.type.byteCount <= 4 else {
        throw .repackType(variable: variable.name, type: repacking.type)
      }
      return repacked(variable, repacking)
    case .unpack where newest.isPacked && !variable.isFlag: return unpacked(variable, newest)
    case .automatic, .drop, .keep, .unpack:
      guard scalings.count > 1 else { return kept(variable, type, newest) }
      guard policy != .keep else {
        throw .packingDiffers(variable: variable.name, packings: variable.packings.count)
      }
      guard !variable.isFlag else { throw .flagsPacked(variable: variable.name) }
      return unpacked(variable, newest)
    }
  }

  private func kept(
    _ variable: StackVariable, _ type: DataType, _ newest: Packing
  ) -> TreatedVariable {
    let missing = Set(variable.packings.map { Set($0.missing) })
    let isComplete =
      variable.role == .fixed || variable.presentIn.count == members.count
    var attributes = variable.attributes
    let declared = attributes["_FillValue"] != nil
    attributes.set("_FillValue", nil)
    if missing.count > 1 { attributes.set("missing_value", nil) }
    if variable.packings.contains(where: { !$0.isPacked }) {
      // Some granules say scale 1 and offset 0, others nothing.
      attributes.set("scale_factor", nil)
      attributes.set("add_offset", nil)
    }
    // Where a variable without "no value" is absent from some granules, a number has to stand for
    // it; refilling makes sure that no value is that number.
    let needsFill = missing.count > 1 || (newest.missing.isEmpty && !isComplete)
    return TreatedVariable(
      source: variable, treatment: needsFill ? .refill : .keep, type: type,
      fillBits: newest.missing.first ?? type.defaultFillBits,
      masksFill: !variable.isCoordinate && (declared || !isComplete || missing.count > 1),
      attributes: attributes)
  }

  private func unpacked(_ variable: StackVariable, _ newest: Packing) -> TreatedVariable {
    // Also where the newest granule happens not to be packed.
    let type: DataType = newest.packedType.byteCount <= 2 ? .float32 : .float64
    var attributes = variable.attributes
    for name in ["scale_factor", "add_offset", "_FillValue", "missing_value", "_Unsigned"] {
      attributes.set(name, nil)
    }
    for name in ["valid_min", "valid_max", "valid_range", "actual_range"]
    where attributes[name] != nil {
      attributes.set(name, unpackedLimit(name, of: variable, as: type))
    }
    return TreatedVariable(
      source: variable, treatment: .unpack, type: type,
      fillBits: type == .float32 ? UInt64(Float.nan.bitPattern) : Double.nan.bitPattern,
      masksFill: true, attributes: attributes)
  }

  private func repacked(_ variable: StackVariable, _ repacking: Repacking) -> TreatedVariable {
    var attributes = variable.attributes
    for name in ["_FillValue", "missing_value", "_Unsigned"] { attributes.set(name, nil) }
    for name in ["valid_min", "valid_max", "valid_range", "actual_range"] {
      attributes.set(name, nil)
    }
    attributes.set("scale_factor", .reals([repacking.scaleFactor], .float64))
    attributes.set("add_offset", .reals([repacking.addOffset], .float64))
    return TreatedVariable(
      source: variable, treatment: .repack(repacking), type: repacking.type,
      fillBits: repacking.fillBits, masksFill: true, attributes: attributes)
  }

  /// A limit in the units of unpacked values: the widest over all granules, since a packed limit
  /// means another value in each. Limits of another type than the packed one are unpacked
  /// already.
  ///
  /// Source: CF Conventions, 2.5.1: "valid_range … must match the data type of the packed data".
  private func unpackedLimit(
    _ name: String, of variable: StackVariable, as type: DataType
  ) -> AttributeValue? {
    var all: [[Double]] = []
    for index in variable.presentIn {
      guard let granule = members[index].variable(variable.name), let packing = granule.packing,
        let limit = granule.attributes[name]
      else { continue }
      var values = limit.doubles
      if limit.dataType?.unsigned == packing.packedType.unsigned {
        // A limit of an `_Unsigned` variable is written with a sign, too.
        values = StoredNumbers(limit, as: packing.packedType).doubles.map {
          type == .float32 ? Double(Float(packing.value($0))) : packing.value($0)
        }
      }
      all.append((packing.scaleFactor ?? 1) < 0 ? values.reversed() : values)
    }
    guard let count = all.first?.count, count > 0, all.allSatisfy({ $0.count == count }) else {
      return nil
    }
    let lowest = all.compactMap(\.first).min() ?? .nan
    let highest = all.compactMap(\.last).max() ?? .nan
    switch name {
    case "valid_min": return .reals([lowest], type)
    case "valid_max": return .reals([highest], type)
    default: return count == 2 ? .reals([lowest, highest], type) : nil
    }
  }
}

/// What packing does, however it is written: a missing scale is 1, a missing offset 0.
private struct Scaling: Hashable {
  let scale: Double
  let offset: Double

  init(_ packing: Packing) {
    scale = packing.scaleFactor ?? 1
    offset = packing.addOffset ?? 0
  }
}

extension StackVariable {
  /// Whether CF marks it as flags or a mask.
  var isFlag: Bool {
    ["flag_values", "flag_masks", "flag_meanings"].contains { attributes[$0] != nil }
  }
}

extension DataType {
  /// What NetCDF fills a variable of this type with that names no `_FillValue`.
  ///
  /// Source: netcdf.h, `NC_FILL_*`.
  var defaultFillBits: UInt64 {
    switch self {
    case .int8: UInt64(UInt8(bitPattern: -127))
    case .uint8: 255
    case .int16: UInt64(UInt16(bitPattern: -32767))
    case .uint16: 65535
    case .int32: UInt64(UInt32(bitPattern: -2_147_483_647))
    case .uint32: 4_294_967_295
    case .int64: UInt64(bitPattern: -9_223_372_036_854_775_806)
    case .uint64: 18_446_744_073_709_551_614
    case .float32: UInt64(Float(9.969209968386869e+36).bitPattern)
    case .float64: (9.9692099683868690e+36).bitPattern
    }
  }
}
