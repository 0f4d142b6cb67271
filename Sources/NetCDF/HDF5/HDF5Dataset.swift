import CF
import CHDF5

/// What one HDF5 dataset says of itself, before dimensions have names.
struct HDF5Dataset {
  /// The group's path with a slash at the end; empty for the root group.
  let group: String
  let name: String
  /// The address of the object header, relative to the file's base.
  let address: UInt64
  /// The stored extent; `nil` for a null dataspace.
  let extent: [Int]?
  let isUnlimited: [Bool]
  let type: VariableType
  let isBigEndian: Bool
  let fill: Fill
  let filters: [Filter]
  let storage: Storage
  let attributes: HDF5Attributes

  struct Fill {
    /// In the low bytes; 0 where the file doesn't define it, as libhdf5 reads it.
    var bits: UInt64 = 0
    var isDefined = false
  }

  enum Storage {
    case chunked(shape: [Int], index: ChunkIndexPlace)
    case contiguous(offset: Int, byteCount: Int)
    case unallocated
    case library(reason: String, chunkShape: [Int]?)
  }

  init(
    _ dataset: hid_t, group: String, name: String, address: UInt64, file: HDF5File
  ) throws(GranuleError.Reason) {
    self.group = group
    self.name = name
    self.address = address
    attributes = try HDF5Attributes(of: dataset)
    let space = try HDF5Handle("H5Dget_space", close: H5Sclose) { H5Dget_space(dataset) }
    (extent, isUnlimited) = try Self.extent(space.id)
    let typeID = try HDF5Handle("H5Dget_type", close: H5Tclose) { H5Dget_type(dataset) }
    type = try HDF5Type.variableType(typeID.id)
    isBigEndian = H5Tget_order(typeID.id) == H5T_ORDER_BE
    let creation = try HDF5Handle("H5Dget_create_plist", close: H5Pclose) {
      H5Dget_create_plist(dataset)
    }
    filters = try Self.filters(creation.id, elementByteCount: H5Tget_size(typeID.id))
    fill = try Self.fill(creation.id, type)
    storage = try Self.storage(
      dataset, creation.id, type: type, extent: extent, filters: filters,
      elementByteCount: H5Tget_size(typeID.id), address: address, file: file)
  }

  private static func extent(
    _ space: hid_t
  ) throws(GranuleError.Reason) -> (extent: [Int]?, isUnlimited: [Bool]) {
    let rank = Int(try check("H5Sget_simple_extent_ndims") { H5Sget_simple_extent_ndims(space) })
    guard H5Sget_simple_extent_type(space) != H5S_NULL else { return (nil, []) }
    var lengths = [hsize_t](repeating: 0, count: rank)
    var limits = lengths
    try check("H5Sget_simple_extent_dims") {
      H5Sget_simple_extent_dims(space, &lengths, &limits)
    }
    var extent: [Int] = []
    for length in lengths {
      guard let length = Int(exactly: length) else { throw .damaged("a length of \(length)") }
      extent.append(length)
    }
    return (extent, limits.map { $0 == shim_h5s_unlimited() })
  }

  static func filters(
    _ creation: hid_t, elementByteCount: Int
  ) throws(GranuleError.Reason) -> [Filter] {
    let count = try check("H5Pget_nfilters") { H5Pget_nfilters(creation) }
    var filters: [Filter] = []
    for index in 0..<count {
      var flags: UInt32 = 0
      var parameters = [UInt32](repeating: 0, count: 8)
      var parameterCount = parameters.count
      var name = [CChar](repeating: 0, count: 64)
      var configuration: UInt32 = 0
      let id = try check("H5Pget_filter") {
        H5Pget_filter2(
          creation, UInt32(index), &flags, &parameterCount, &parameters, name.count, &name,
          &configuration)
      }
      switch id {
      case 1: filters.append(.deflate(level: Int(parameters[0])))
      case 2:
        let stated = parameterCount > 0 ? Int(parameters[0]) : elementByteCount
        filters.append(.shuffle(elementSize: max(1, stated)))
      case 3: filters.append(.fletcher32)
      default:
        let end = name.firstIndex(of: 0) ?? name.endIndex
        let stated = StoredText.string(name[..<end].map { UInt8(bitPattern: $0) })
        filters.append(.other(id: Int(id), name: knownFilters[Int(id)] ?? stated))
      }
    }
    return filters
  }

  /// Source: The HDF Group, registered filter plugins.
  private static let knownFilters = [
    4: "szip", 5: "nbit", 6: "scaleoffset", 307: "bzip2", 32000: "lzf", 32001: "blosc",
    32004: "lz4", 32008: "bitshuffle", 32013: "zfp", 32015: "zstd", 32026: "blosc2",
  ]

  private static func fill(
    _ creation: hid_t, _ type: VariableType
  ) throws(GranuleError.Reason) -> Fill {
    guard let memoryType = HDF5Type.native(type) else { return Fill() }
    var status = H5D_FILL_VALUE_UNDEFINED
    try check("H5Pfill_value_defined") { H5Pfill_value_defined(creation, &status) }
    guard status == H5D_FILL_VALUE_USER_DEFINED else { return Fill() }
    var bits: UInt64 = 0
    try check("H5Pget_fill_value") { H5Pget_fill_value(creation, memoryType.id, &bits) }
    return Fill(bits: bits, isDefined: true)
  }
}
