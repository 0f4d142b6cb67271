/// A number type that NetCDF and Zarr both know.
///
/// The raw value is the Zarr v3 `data_type` name.
public enum DataType: String, Hashable, Sendable, Codable, CaseIterable {
  case int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  public var isFloatingPoint: Bool { self == .float32 || self == .float64 }

  public var isUnsigned: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64: true
    default: false
    }
  }

  /// The unsigned type of the same size; what `_Unsigned = "true"` asks readers to see.
  public var unsigned: DataType {
    switch self {
    case .int8: .uint8
    case .int16: .uint16
    case .int32: .uint32
    case .int64: .uint64
    default: self
    }
  }
}
