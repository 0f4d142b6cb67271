import CF
import CNetCDF

/// A file that libnetcdf has open for reading; closed in the end.
///
/// Used with ``LibraryLock`` held, or in a process that has one thread.
final class LibraryFile {
  private let path: String
  private var id: Int32 = -1
  /// What the library reads from, where there is no path.
  private var image: UnsafeMutableRawBufferPointer?

  /// Granules that have no path are held whole.
  private static let imageByteLimit = 4 << 30

  init(path: String) throws(LibNetCDFError) {
    self.path = path
    try LibNetCDF.check(nc_open(path, NC_NOWRITE, &id), path, nil)
  }

  init(_ bytes: any GranuleBytes) throws(GranuleError.Reason) {
    path = bytes.path ?? "granule"
    silenceHDF5()
    if bytes.path == nil { image = try Self.image(of: bytes) }
    let status =
      if let image {
        nc_open_mem(path, NC_NOWRITE, image.count, image.baseAddress, &id)
      } else {
        nc_open(path, NC_NOWRITE, &id)
      }
    guard status == NC_NOERR else {
      throw LibNetCDFError(path: path, name: nil, code: status).reason
    }
  }

  deinit {
    if id >= 0 { nc_close(id) }
    image?.deallocate()
  }

  private static func image(
    of bytes: any GranuleBytes
  ) throws(GranuleError.Reason) -> UnsafeMutableRawBufferPointer {
    guard bytes.byteCount <= imageByteLimit else {
      throw .unsupported("libnetcdf would have to hold all its \(bytes.byteCount) bytes")
    }
    let image = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.byteCount, alignment: 64)
    do throws(GranuleError.Reason) {
      for start in stride(from: 0, to: image.count, by: 16 << 20) {
        let end = min(start + (16 << 20), image.count)
        try bytes.read(at: start, into: UnsafeMutableRawBufferPointer(rebasing: image[start..<end]))
      }
      return image
    } catch {
      image.deallocate()
      throw error
    }
  }

  /// Reads a region of a variable, as it is stored.
  ///
  /// - Parameter region: `nil` reads all of it.
  func values(of variable: String, region: [Range<Int>]?) throws(LibNetCDFError) -> [UInt8] {
    let (group, variableID) = try find(variable)
    var type: nc_type = 0
    try check(nc_inq_vartype(group, variableID, &type), variable)
    var elementByteCount = 0
    try check(nc_inq_type(group, type, nil, &elementByteCount), variable)
    let shape = try dimensions(group, variableID, variable).map(\.length)
    let region = region ?? shape.map { 0..<$0 }
    guard type <= NC_UINT64, type != NC_STRING else { throw error(NC_EBADTYPE, variable) }
    guard region.count == shape.count else { throw error(NC_EINVALCOORDS, variable) }
    guard zip(region, shape).allSatisfy({ $0.lowerBound >= 0 && $0.upperBound <= $1 }) else {
      throw error(NC_EEDGE, variable)
    }
    var byteCount = elementByteCount
    for range in region {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: range.count)
      guard !overflow, product <= GranuleRequest.answerByteLimit else {
        throw error(NC_ENOMEM, variable)
      }
      byteCount = product
    }
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let starts = region.map(\.lowerBound)
    let counts = region.map(\.count)
    try check(nc_get_vara(group, variableID, starts, counts, &bytes), variable)
    return bytes
  }

  func dimensions(of variable: String) throws(LibNetCDFError) -> [Dimension] {
    let (group, variableID) = try find(variable)
    return try dimensions(group, variableID, variable)
  }

  /// What the root group holds.
  func witness() throws(LibNetCDFError) -> Witness {
    var count: Int32 = 0
    try check(nc_inq_nvars(id, &count), nil)
    var variables: [Witness.Variable] = []
    for variableID in 0..<count {
      let name = try text { nc_inq_varname(id, variableID, $0) }
      var type: nc_type = 0
      try check(nc_inq_vartype(id, variableID, &type), name)
      var attributeCount: Int32 = 0
      try check(nc_inq_varnatts(id, variableID, &attributeCount), name)
      variables.append(
        Witness.Variable(
          name: name, type: DataType(netCDF: type),
          dimensions: try dimensions(id, variableID, name),
          attributes: try attributes(of: variableID, attributeCount)))
    }
    var attributeCount: Int32 = 0
    try check(nc_inq_natts(id, &attributeCount), nil)
    return Witness(attributes: try attributes(of: NC_GLOBAL, attributeCount), variables: variables)
  }

  private func find(_ variable: String) throws(LibNetCDFError) -> (group: Int32, id: Int32) {
    var group = id
    var names = variable.split(separator: "/").map(String.init)
    let last = names.popLast() ?? ""
    for name in names { try check(nc_inq_grp_ncid(group, name, &group), variable) }
    var variableID: Int32 = -1
    try check(nc_inq_varid(group, last, &variableID), variable)
    return (group, variableID)
  }

  private func dimensions(
    _ group: Int32, _ variableID: Int32, _ variable: String
  ) throws(LibNetCDFError) -> [Dimension] {
    var rank: Int32 = 0
    try check(nc_inq_varndims(group, variableID, &rank), variable)
    var ids = [Int32](repeating: 0, count: Int(rank))
    try check(nc_inq_vardimid(group, variableID, &ids), variable)
    var unlimitedCount: Int32 = 0
    try check(nc_inq_unlimdims(group, &unlimitedCount, nil), variable)
    var unlimited = [Int32](repeating: 0, count: Int(unlimitedCount))
    try check(nc_inq_unlimdims(group, &unlimitedCount, &unlimited), variable)
    var dimensions: [Dimension] = []
    for dimension in ids {
      var length = 0
      let name = try text { nc_inq_dim(group, dimension, $0, &length) }
      dimensions.append(
        Dimension(name: name, length: length, isUnlimited: unlimited.contains(dimension)))
    }
    return dimensions
  }

  private func attributes(
    of variableID: Int32, _ count: Int32
  ) throws(LibNetCDFError) -> [Attribute] {
    var attributes: [Attribute] = []
    for number in 0..<count {
      let name = try text { nc_inq_attname(id, variableID, number, $0) }
      var type: nc_type = 0
      var length = 0
      try check(nc_inq_att(id, variableID, name, &type, &length), name)
      guard length <= 16 << 20 else { throw error(NC_ENOMEM, name) }
      if let value = try value(of: name, variableID, type, length) {
        attributes.append(Attribute(name, value))
      }
    }
    return attributes
  }

  /// - Returns: `nil` for types that attributes of ours can't hold.
  private func value(
    of name: String, _ variableID: Int32, _ type: nc_type, _ length: Int
  ) throws(LibNetCDFError) -> AttributeValue? {
    if type == NC_CHAR {
      var bytes = [CChar](repeating: 0, count: length + 1)
      try check(nc_get_att_text(id, variableID, name, &bytes), name)
      return .text(StoredText.string(bytes.dropLast().map { UInt8(bitPattern: $0) }))
    }
    if type == NC_STRING {
      var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: length)
      try check(nc_get_att_string(id, variableID, name, &pointers), name)
      let texts = pointers.map { $0.map { StoredText.string($0) } ?? "" }
      nc_free_string(length, &pointers)
      return texts.count == 1 ? .text(texts[0]) : .texts(texts)
    }
    guard let dataType = DataType(netCDF: type) else { return nil }
    if dataType.isFloatingPoint {
      var values = [Double](repeating: 0, count: length)
      try check(nc_get_att_double(id, variableID, name, &values), name)
      return .reals(values, dataType)
    }
    var bytes = [UInt8](repeating: 0, count: length * dataType.byteCount)
    try check(nc_get_att(id, variableID, name, &bytes), name)
    let values = bytes.withUnsafeBytes { buffer in
      (0..<length).map { dataType.integer(buffer, at: $0 * dataType.byteCount) }
    }
    return .integers(values, dataType)
  }

  private func text(
    _ read: (UnsafeMutablePointer<CChar>?) -> Int32
  ) throws(LibNetCDFError) -> String {
    var name = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
    let status = name.withUnsafeMutableBufferPointer { read($0.baseAddress) }
    try check(status, nil)
    let end = name.firstIndex(of: 0) ?? name.endIndex
    return StoredText.string(name[..<end].map { UInt8(bitPattern: $0) })
  }

  private func check(_ status: Int32, _ name: String?) throws(LibNetCDFError) {
    try LibNetCDF.check(status, path, name)
  }

  private func error(_ code: Int32, _ name: String) -> LibNetCDFError {
    LibNetCDFError(path: path, name: name, code: code)
  }
}

extension LibNetCDFError {
  /// The same as a reason why a granule can't be read.
  var reason: GranuleError.Reason {
    code == NC_ENOMEM
      ? .unsupported("libnetcdf: \(name ?? "") is too large to read at once")
      : .damaged("libnetcdf says of \(name ?? "the file"): \(String(cString: nc_strerror(code)))")
  }
}

extension DataType {
  /// - Returns: `nil` if libnetcdf's type isn't one of numbers.
  init?(netCDF type: nc_type) {
    switch type {
    case NC_BYTE: self = .int8
    case NC_UBYTE: self = .uint8
    case NC_SHORT: self = .int16
    case NC_USHORT: self = .uint16
    case NC_INT: self = .int32
    case NC_UINT: self = .uint32
    case NC_INT64: self = .int64
    case NC_UINT64: self = .uint64
    case NC_FLOAT: self = .float32
    case NC_DOUBLE: self = .float64
    default: return nil
    }
  }
}
