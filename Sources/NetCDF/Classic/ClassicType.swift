import CF

/// An `nc_type` of NetCDF-3; those from 7 on only in CDF-5.
///
/// Source: "The NetCDF Classic Format Specification", and CDF-5's.
enum ClassicType {
  case char
  case number(DataType)

  init(code: UInt64, format: Format) throws(GranuleError.Reason) {
    let types: [UInt64: DataType] = [
      1: .int8, 3: .int16, 4: .int32, 5: .float32, 6: .float64, 7: .uint8, 8: .uint16,
      9: .uint32, 10: .int64, 11: .uint64,
    ]
    if code == 2 {
      self = .char
    } else if let type = types[code], code <= 6 || format == .cdf5 {
      self = .number(type)
    } else {
      throw .damaged("a variable or attribute of type \(code)")
    }
  }

  var byteCount: Int {
    switch self {
    case .char: 1
    case .number(let type): type.byteCount
    }
  }

  /// What the library fills unwritten space with.
  ///
  /// Source: `netcdf.h`, `NC_FILL_…`.
  var defaultFillBits: UInt64 {
    switch self {
    case .char: 0
    case .number(.int8): 0x81
    case .number(.uint8): 0xff
    case .number(.int16): 0x8001
    case .number(.uint16): 0xffff
    case .number(.int32): 0x8000_0001
    case .number(.uint32): 0xffff_ffff
    case .number(.int64): 0x8000_0000_0000_0002
    case .number(.uint64): 0xffff_ffff_ffff_fffe
    case .number(.float32): 0x7cf0_0000
    case .number(.float64): 0x479e_0000_0000_0000
    }
  }

  var variableType: VariableType {
    switch self {
    case .char: .text
    case .number(let type): .number(type)
    }
  }
}
