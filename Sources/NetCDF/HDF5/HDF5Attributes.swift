import CF
import CHDF5

/// The attributes of one group or dataset; those that build NetCDF-4's dimensions taken apart.
struct HDF5Attributes {
  var visible: [Attribute] = []
  /// `CLASS` is `DIMENSION_SCALE`.
  var isScale = false
  /// `NAME`, which tells a dimension without a variable.
  var scaleName: String?
  /// `_Netcdf4Dimid`.
  var dimensionID: Int?
  /// `_Netcdf4Coordinates`: the dimensions of a coordinate variable of several dimensions.
  var coordinateIDs: [Int]?
  /// `DIMENSION_LIST`: the addresses of the datasets that are the scales, per dimension.
  var scaleAddresses: [UInt64?]?

  private static let hidden: Set = [
    "CLASS", "NAME", "_Netcdf4Dimid", "_Netcdf4Coordinates", "DIMENSION_LIST", "REFERENCE_LIST",
    "_nc3_strict", "_NCProperties",
  ]

  /// No attribute we know of comes near; what a damaged one claims may be anything.
  private static let byteLimit = 64 << 20

  /// Reads all attributes of an object, in order of creation if the file has kept it, else by
  /// name. Attributes that are neither numbers nor text (compounds, references) are left out.
  init(of object: hid_t) throws(GranuleError.Reason) {
    let reading = Reading()
    let context = Unmanaged.passUnretained(reading).toOpaque()
    var index: hsize_t = 0
    do throws(GranuleError.Reason) {
      try check("H5Aiterate") {
        H5Aiterate2(
          object, H5_INDEX_CRT_ORDER, H5_ITER_INC, &index,
          { object, name, _, context in
            guard let name, let context else { return -1 }
            let reading = Unmanaged<Reading>.fromOpaque(context).takeUnretainedValue()
            do throws(GranuleError.Reason) {
              try reading.attributes.add(name, of: object)
              return 0
            } catch {
              reading.failure = error
              return -1
            }
          }, context)
      }
    } catch {
      throw reading.failure ?? error
    }
    self = reading.attributes
  }

  private init() {}

  private final class Reading {
    var attributes = HDF5Attributes()
    var failure: GranuleError.Reason?
  }

  private mutating func add(
    _ nameBytes: UnsafePointer<CChar>, of object: hid_t
  ) throws(GranuleError.Reason) {
    let name = StoredText.string(nameBytes)
    if name == "REFERENCE_LIST" { return }
    let attribute = try HDF5Handle("H5Aopen", close: H5Aclose) {
      H5Aopen(object, nameBytes, shim_h5p_default())
    }
    let type = try HDF5Handle("H5Aget_type", close: H5Tclose) { H5Aget_type(attribute.id) }
    let space = try HDF5Handle("H5Aget_space", close: H5Sclose) { H5Aget_space(attribute.id) }
    let count = Int(
      try check("H5Sget_simple_extent_npoints") {
        H5Sget_simple_extent_npoints(space.id)
      })
    if name == "DIMENSION_LIST" {
      scaleAddresses = try Self.references(attribute.id, type: type.id, space: space.id, count)
      return
    }
    let reading = HDF5AttributeValue(
      attribute: attribute.id, type: type.id, space: space.id, count: count,
      byteLimit: Self.byteLimit)
    guard let value = try reading.value(name: name) else { return }
    switch name {
    case "CLASS": isScale = value.text == "DIMENSION_SCALE"
    case "NAME": scaleName = value.text
    case "_Netcdf4Dimid": dimensionID = value.integers?.first
    case "_Netcdf4Coordinates": coordinateIDs = value.integers
    default: break
    }
    if !Self.hidden.contains(name) { visible.append(Attribute(name, value)) }
  }

  /// The first object reference of each of `count` variable-length lists. An object reference
  /// holds the address of the object's header.
  private static func references(
    _ attribute: hid_t, type: hid_t, space: hid_t, _ count: Int
  ) throws(GranuleError.Reason) -> [UInt64?]? {
    guard H5Tget_class(type) == H5T_VLEN, (1...32).contains(count) else { return nil }
    let base = try HDF5Handle("H5Tget_super", close: H5Tclose) { H5Tget_super(type) }
    guard H5Tget_class(base.id) == H5T_REFERENCE, H5Tget_size(base.id) == 8 else { return nil }
    var lists = [hvl_t](repeating: hvl_t(), count: count)
    try check("H5Aread") { H5Aread(attribute, type, &lists) }
    defer { H5Dvlen_reclaim(type, space, shim_h5p_default(), &lists) }
    return lists.map { $0.len > 0 ? $0.p?.loadUnaligned(as: UInt64.self) : nil }
  }
}

extension AttributeValue {
  fileprivate var integers: [Int]? {
    if case .integers(let values, _) = self { values.map(Int.init) } else { nil }
  }
}

/// Reads the value of one attribute.
struct HDF5AttributeValue {
  let attribute: hid_t
  let type: hid_t
  let space: hid_t
  let count: Int
  let byteLimit: Int

  /// - Returns: `nil` for types that attributes of ours can't hold.
  func value(name: String) throws(GranuleError.Reason) -> AttributeValue? {
    let size = H5Tget_size(type)
    guard size > 0, count >= 0, count <= byteLimit / size else {
      throw .damaged("attribute \(name) claims \(count) elements of \(size) bytes")
    }
    switch H5Tget_class(type) {
    case H5T_INTEGER, H5T_ENUM: return try integers()
    case H5T_FLOAT: return try reals(size: size)
    case H5T_STRING: return try text(size: size)
    default: return nil
    }
  }

  private func integers() throws(GranuleError.Reason) -> AttributeValue? {
    let size = H5Tget_size(type)
    // An enumeration's sign is that of the integers it is made of.
    let isSigned: Bool
    if H5Tget_class(type) == H5T_ENUM {
      let base = try HDF5Handle("H5Tget_super", close: H5Tclose) { H5Tget_super(type) }
      isSigned = H5Tget_sign(base.id) == H5T_SGN_2
    } else {
      isSigned = H5Tget_sign(type) == H5T_SGN_2
    }
    guard let dataType = DataType(integerOf: size, isSigned: isSigned) else { return nil }
    let native = shim_native_integer(size, isSigned ? 1 : 0)
    let raw = try read(native, elementByteCount: size)
    let values = (0..<count).map { index in
      raw.withUnsafeBytes { dataType.integer($0, at: index * size) }
    }
    return .integers(values, dataType)
  }

  private func reals(size: Int) throws(GranuleError.Reason) -> AttributeValue? {
    guard size <= 8 else { return nil }
    let dataType: DataType = size <= 4 ? .float32 : .float64
    let native = dataType == .float32 ? shim_native_float() : shim_native_double()
    let raw = try read(native, elementByteCount: dataType.byteCount)
    let values = raw.withUnsafeBytes { bytes in
      (0..<count).map { index in
        dataType == .float32
          ? Double(bytes.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
          : bytes.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
      }
    }
    return .reals(values, dataType)
  }

  private func text(size: Int) throws(GranuleError.Reason) -> AttributeValue? {
    guard count > 0 else { return H5Tis_variable_str(type) > 0 ? .texts([]) : .text("") }
    let texts: [String]
    if H5Tis_variable_str(type) > 0 {
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
      try check("H5Aread") { H5Aread(attribute, type, &pointers) }
      texts = pointers.map { $0.map { StoredText.string($0) } ?? "" }
      H5Dvlen_reclaim(type, space, shim_h5p_default(), &pointers)
    } else {
      let raw = try read(type, elementByteCount: size)
      texts = (0..<count).map { StoredText.string(raw[($0 * size)..<(($0 + 1) * size)]) }
    }
    return texts.count == 1 ? .text(texts[0]) : .texts(texts)
  }

  private func read(
    _ memoryType: hid_t, elementByteCount: Int
  ) throws(GranuleError.Reason) -> [UInt8] {
    var raw = [UInt8](repeating: 0, count: count * elementByteCount)
    if count > 0 { try check("H5Aread") { H5Aread(attribute, memoryType, &raw) } }
    return raw
  }
}

extension DataType {
  /// The integer type of a size in bytes; `nil` if there is none.
  init?(integerOf size: Int, isSigned: Bool) {
    switch size {
    case 1: self = isSigned ? .int8 : .uint8
    case 2: self = isSigned ? .int16 : .uint16
    case 4: self = isSigned ? .int32 : .uint32
    case 8: self = isSigned ? .int64 : .uint64
    default: return nil
    }
  }

  /// One integer in native byte order; `uint64` as its bit pattern.
  func integer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int64 {
    switch self {
    case .int8: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: Int8.self))
    case .uint8: Int64(bytes[offset])
    case .int16: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
    case .uint16: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    case .int32: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    case .uint32: Int64(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    default: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)
    }
  }
}
