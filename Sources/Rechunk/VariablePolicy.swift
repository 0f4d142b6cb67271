public import CF

/// What a pipeline or a user wants for a variable.
public enum VariablePolicy: Hashable, Sendable {
  /// Integers are kept where all granules pack alike, and unpacked where they don't.
  case automatic
  /// The stored numbers, bit for bit; refused where packing differs between granules.
  case keep
  /// Unpacked, even where all granules pack alike.
  case unpack
  /// Packed anew, by one scale and offset for all granules.
  case repack(Repacking)
  case drop
}

/// One packing for all granules, with loss.
public struct Repacking: Hashable, Sendable, Codable {
  public let type: DataType
  public let scaleFactor: Double
  public let addOffset: Double

  public init(type: DataType, scaleFactor: Double, addOffset: Double) {
    self.type = type
    self.scaleFactor = scaleFactor
    self.addOffset = addOffset
  }

  /// The number that stands for "no value": the lowest of a signed type, the highest of an
  /// unsigned one.
  public var fillBits: UInt64 {
    let all = UInt64.max >> UInt64(64 - type.byteCount * 8)
    return type.isUnsigned ? all : all ^ (all >> 1)
  }
}

/// What a run does to the values of a variable; decided once, for all years.
public enum Treatment: Hashable, Sendable {
  /// The stored numbers, bit for bit.
  case keep
  /// Stored numbers, but granules differ in the number that means "no value": one is used.
  case refill
  /// `Double(packed) * scale_factor + add_offset` of each granule; fill becomes NaN.
  case unpack
  case repack(Repacking)
}

/// A variable as the stores will hold it.
public struct TreatedVariable: Sendable {
  public let source: StackVariable
  public let treatment: Treatment
  /// The type in the store.
  public let type: DataType
  /// What absent chunks and steps read as, in the low bytes.
  public let fillBits: UInt64
  /// Whether readers take the fill for "no value".
  public let masksFill: Bool
  /// Without `_FillValue`.
  public let attributes: [Attribute]
}

/// Why a variable can't be treated as asked.
public enum TreatmentError: Error, Hashable, Sendable, CustomStringConvertible {
  case packingDiffers(variable: String, packings: Int)
  case flagsPacked(variable: String)
  /// `_Unsigned` in some granules and not in others.
  case signednessDiffers(variable: String, types: [DataType])
  case notANumber(variable: String, reason: String)
  case notPacked(variable: String)
  case repackType(variable: String, type: DataType)

  public var description: String {
    switch self {
    case .packingDiffers(let variable, let packings):
      "\(variable): its packing differs between granules (\(packings) different ones), so its "
        + "integers can't be kept; use unpack, or repack with a scale and an offset"
    case .signednessDiffers(let variable, let types):
      "\(variable): its numbers are \(types.map(\.rawValue).joined(separator: " in some granules and ")) "
        + "in others (_Unsigned); leave it out, or convert them apart"
    case .flagsPacked(let variable):
      "\(variable): flags whose packing differs between granules can't be unpacked to floats; "
        + "leave it out"
    case .notANumber(let variable, let reason): "\(variable) can't be converted: \(reason)"
    case .notPacked(let variable):
      "\(variable) is not packed, so it can't be repacked; leave out its policy"
    case .repackType(let variable, let type):
      "\(variable): repack needs an integer type of 32 bits or less, not \(type.rawValue)"
    }
  }
}
