import CF
import CHDF5

/// HDF5's datatypes as variables have them.
enum HDF5Type {
  static func variableType(_ type: hid_t) throws(GranuleError.Reason) -> VariableType {
    let size = H5Tget_size(type)
    let isWhole = H5Tget_precision(type) == size * 8
    switch H5Tget_class(type) {
    case H5T_INTEGER:
      let isSigned = H5Tget_sign(type) == H5T_SGN_2
      guard isWhole, let dataType = DataType(integerOf: size, isSigned: isSigned) else {
        return .unsupported("integer of \(H5Tget_precision(type)) bits in \(size) bytes")
      }
      return .number(dataType)
    case H5T_FLOAT:
      guard shim_is_ieee(type) != 0 else { return .unsupported("float of \(size) bytes") }
      return .number(size == 4 ? .float32 : .float64)
    case H5T_STRING:
      if H5Tis_variable_str(type) > 0 { return .unsupported("string") }
      return size == 1 ? .text : .unsupported("string of \(size) bytes")
    case H5T_COMPOUND: return .unsupported("compound")
    case H5T_ENUM: return .unsupported("enum")
    case H5T_VLEN: return .unsupported("variable-length list")
    case H5T_OPAQUE: return .unsupported("opaque")
    case H5T_ARRAY: return .unsupported("array")
    case H5T_REFERENCE: return .unsupported("reference")
    case H5T_BITFIELD: return .unsupported("bit field")
    case H5T_TIME: return .unsupported("time")
    default: throw .damaged("a datatype of an unknown class")
    }
  }

  /// The type to read numbers into memory as; `nil` for what aren't numbers.
  static func native(_ type: VariableType) -> NativeType? {
    switch type {
    case .number(.float32): return NativeType(id: shim_native_float())
    case .number(.float64): return NativeType(id: shim_native_double())
    case .number(let integer):
      return NativeType(id: shim_native_integer(integer.byteCount, integer.isUnsigned ? 0 : 1))
    case .text, .unsupported: return nil
    }
  }

  /// A type that belongs to the library and is never closed.
  struct NativeType {
    let id: hid_t
  }
}
