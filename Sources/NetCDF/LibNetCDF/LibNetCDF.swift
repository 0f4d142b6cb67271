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
      try LibraryFile(path: path).values(of: variable, region: region)
    }
  }

  /// Reads several regions of a variable with the file opened once.
  ///
  /// - Parameter path: May also be the URL of an OPeNDAP (DAP2) server. Of those the library has been
  ///   seen to give zeros where the server failed, without an error.
  /// - Returns: One region after the other, each in C order, native byte order.
  public static func values(
    path: String, variable: String, regions: [[Range<Int>]]
  ) throws(LibNetCDFError) -> [UInt8] {
    try locked { () throws(LibNetCDFError) in
      let file = try LibraryFile(path: path)
      var bytes: [UInt8] = []
      for region in regions { bytes += try file.values(of: variable, region: region) }
      return bytes
    }
  }

  /// The names and lengths of a variable's dimensions.
  public static func dimensions(
    path: String, variable: String
  ) throws(LibNetCDFError) -> [Dimension] {
    try locked { () throws(LibNetCDFError) in
      try LibraryFile(path: path).dimensions(of: variable)
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
