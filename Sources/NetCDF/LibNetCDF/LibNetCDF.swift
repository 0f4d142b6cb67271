import CF
import CNetCDF

/// Reads through libnetcdf, in this process: an independent witness of what a granule holds, and
/// what other programs would get. Not for files that aren't trusted; it has been seen to crash.
public enum LibNetCDF {
  static func locked<Value>(
    _ body: () throws(LibNetCDFError) -> sending Value
  ) throws(LibNetCDFError) -> sending Value {
    try LibraryLock.locked { () throws(LibNetCDFError) in
      // It looks for attributes that needn't be there; libhdf5 would print each miss.
      silenceHDF5()
      defer { silenceHDF5() }
      return try body()
    }
  }

  /// Reads a region of a variable, as it is stored (packed).
  ///
  /// - Parameters:
  ///   - variable: Its name; in a nested group `group/name`.
  ///   - region: One range per dimension; `nil` reads all of it.
  /// - Returns: Shape `region`, C order, native byte order.
  public static func values(
    path: String, variable: String, region: [Range<Int>]?
  ) throws(LibNetCDFError) -> [UInt8] {
    try locked { () throws(LibNetCDFError) in
      let file = try OpenDataset(path: path)
      let (group, id) = try file.find(variable)
      var type: nc_type = 0
      try check(nc_inq_vartype(group, id, &type), path, variable)
      var elementByteCount = 0
      try check(nc_inq_type(group, type, nil, &elementByteCount), path, variable)
      guard type <= NC_UINT64 else {
        throw LibNetCDFError(path: path, name: variable, code: NC_EBADTYPE)
      }
      let shape = try file.dimensions(group, id, variable).map(\.length)
      let region = region ?? shape.map { 0..<$0 }
      var bytes = [UInt8](
        repeating: 0, count: region.reduce(elementByteCount) { $0 * $1.count })
      let starts = region.map(\.lowerBound)
      let counts = region.map(\.count)
      try check(nc_get_vara(group, id, starts, counts, &bytes), path, variable)
      return bytes
    }
  }

  /// The names and lengths of a variable's dimensions.
  public static func dimensions(
    path: String, variable: String
  ) throws(LibNetCDFError) -> [Dimension] {
    try locked { () throws(LibNetCDFError) in
      let file = try OpenDataset(path: path)
      let (group, id) = try file.find(variable)
      return try file.dimensions(group, id, variable)
    }
  }

  static func check(_ status: Int32, _ path: String, _ name: String?) throws(LibNetCDFError) {
    guard status == NC_NOERR else {
      throw LibNetCDFError(path: path, name: name, code: status)
    }
  }
}

/// What libnetcdf answered instead of doing it.
public struct LibNetCDFError: Error, Hashable, CustomStringConvertible {
  public let path: String
  /// The variable, dimension or attribute; `nil` if it is the file.
  public let name: String?
  /// An `NC_E…` of libnetcdf, or a positive `errno`.
  public let code: Int32

  public var description: String {
    path + (name.map { ", \($0)" } ?? "") + ": " + String(cString: nc_strerror(code))
  }
}

/// A file open for reading, closed in the end. Used with the lock held.
private final class OpenDataset {
  let path: String
  private var id: Int32 = -1

  init(path: String) throws(LibNetCDFError) {
    self.path = path
    try LibNetCDF.check(nc_open(path, NC_NOWRITE, &id), path, nil)
  }

  deinit { nc_close(id) }

  func find(_ variable: String) throws(LibNetCDFError) -> (group: Int32, id: Int32) {
    var group = id
    var names = variable.split(separator: "/").map(String.init)
    let last = names.popLast() ?? ""
    for name in names {
      try LibNetCDF.check(nc_inq_grp_ncid(group, name, &group), path, variable)
    }
    var variableID: Int32 = -1
    try LibNetCDF.check(nc_inq_varid(group, last, &variableID), path, variable)
    return (group, variableID)
  }

  func dimensions(
    _ group: Int32, _ id: Int32, _ variable: String
  ) throws(LibNetCDFError) -> [Dimension] {
    var rank: Int32 = 0
    try LibNetCDF.check(nc_inq_varndims(group, id, &rank), path, variable)
    var ids = [Int32](repeating: 0, count: Int(rank))
    try LibNetCDF.check(nc_inq_vardimid(group, id, &ids), path, variable)
    var unlimitedCount: Int32 = 0
    try LibNetCDF.check(nc_inq_unlimdims(group, &unlimitedCount, nil), path, variable)
    var unlimited = [Int32](repeating: 0, count: Int(unlimitedCount))
    try LibNetCDF.check(nc_inq_unlimdims(group, &unlimitedCount, &unlimited), path, variable)
    var dimensions: [Dimension] = []
    for id in ids {
      var name = [CChar](repeating: 0, count: Int(NC_MAX_NAME) + 1)
      var length = 0
      try LibNetCDF.check(nc_inq_dim(group, id, &name, &length), path, variable)
      let end = name.firstIndex(of: 0) ?? name.endIndex
      dimensions.append(
        Dimension(
          name: StoredText.string(name[..<end].map { UInt8(bitPattern: $0) }), length: length,
          isUnlimited: unlimited.contains(id)))
    }
    return dimensions
  }
}
