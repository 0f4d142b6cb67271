public import CF
import CNetCDF

/// Writes one NetCDF-4 file through libnetcdf: define everything, then write whole variables.
///
/// Not shared between threads. A file that isn't closed is not complete.
public final class NetCDFWriter {
  private struct Defined {
    let id: Int32
    let elementByteCount: Int
    let dimensions: [String]
  }

  private let path: String
  private var file: Int32 = -1
  private var isOpen = true
  private var dimensions: [String: (id: Int32, length: Int?)] = [:]
  private var variables: [String: Defined] = [:]

  /// Begins a file, replacing what was there.
  public init(path: String, attributes: [Attribute]) throws(LibNetCDFError) {
    self.path = path
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      try LibNetCDF.check(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &file), path, nil)
    }
    for attribute in attributes { try put(attribute, of: NC_GLOBAL) }
  }

  deinit {
    // It was given up; what became of it nobody asks.
    if isOpen { _ = LibraryLock.locked { nc_close(file) } }
  }

  /// - Parameter length: `nil` for an unlimited dimension: it is as long as what is written.
  public func addDimension(_ name: String, length: Int?) throws(LibNetCDFError) {
    var id: Int32 = -1
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      try LibNetCDF.check(nc_def_dim(file, name, length ?? NC_UNLIMITED, &id), path, name)
    }
    dimensions[name] = (id, length)
  }

  /// Adds a variable of numbers.
  ///
  /// - Parameters:
  ///   - chunkShape: `nil` leaves it to the library, or contiguous if nothing needs chunks.
  ///   - deflateLevel: 1...9; `nil` or 0 for none.
  ///   - fillBits: The fill value in the low bytes; it becomes `_FillValue`. `nil` writes no such
  ///     attribute.
  ///   - attributes: Without `_FillValue`.
  /// - Precondition: The dimensions were added.
  public func addVariable(
    _ name: String, type: DataType, dimensions: [String], chunkShape: [Int]?,
    deflateLevel: Int?, shuffle: Bool, fletcher32: Bool, fillBits: UInt64?,
    attributes: [Attribute]
  ) throws(LibNetCDFError) {
    let id = try define(name, type.netCDFType, dimensions, type.byteCount)
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      if let chunkShape {
        precondition(chunkShape.count == dimensions.count, "a chunk length per dimension")
        try LibNetCDF.check(nc_def_var_chunking(file, id, NC_CHUNKED, chunkShape), path, name)
      }
      if shuffle || (deflateLevel ?? 0) > 0 {
        let level = Int32(deflateLevel ?? 0)
        try LibNetCDF.check(
          nc_def_var_deflate(file, id, shuffle ? 1 : 0, level > 0 ? 1 : 0, level), path, name)
      }
      if fletcher32 {
        try LibNetCDF.check(nc_def_var_fletcher32(file, id, NC_FLETCHER32), path, name)
      }
      if var fillBits {
        try LibNetCDF.check(nc_def_var_fill(file, id, NC_FILL, &fillBits), path, name)
      }
    }
    for attribute in attributes { try put(attribute, of: id) }
  }

  /// Adds a variable of single characters; the last dimension is the length of the texts.
  public func addTextVariable(
    _ name: String, dimensions: [String], attributes: [Attribute]
  ) throws(LibNetCDFError) {
    let id = try define(name, NC_CHAR, dimensions, 1)
    for attribute in attributes { try put(attribute, of: id) }
  }

  /// Writes a whole variable.
  ///
  /// - Parameter bytes: All elements in C order, native byte order. Along an unlimited first
  ///   dimension, as many as there are.
  /// - Precondition: The variable was added; the count of bytes is that of its shape.
  public func write(_ name: String, _ bytes: UnsafeRawBufferPointer) throws(LibNetCDFError) {
    guard let variable = variables[name] else { preconditionFailure("no variable \(name)") }
    var shape = variable.dimensions.map { dimensions[$0]?.length }
    let known = shape.reduce(variable.elementByteCount) { $0 * ($1 ?? 1) }
    for (axis, length) in shape.enumerated() where length == nil {
      precondition(axis == 0, "only the first dimension may be unlimited")
      shape[axis] = known == 0 ? 0 : bytes.count / known
    }
    let counts = shape.map { $0 ?? 0 }
    precondition(counts.reduce(variable.elementByteCount, *) == bytes.count, "whole variable")
    guard bytes.count > 0 else { return }
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      let starts = [Int](repeating: 0, count: counts.count)
      try LibNetCDF.check(
        nc_put_vara(file, variable.id, starts, counts, bytes.baseAddress), path, name)
    }
  }

  /// Writes texts into a variable of characters: cut at, or filled with zero bytes up to, the
  /// length of its last dimension.
  ///
  /// - Precondition: There are as many texts as the other dimensions make.
  public func writeText(_ name: String, _ texts: [String]) throws(LibNetCDFError) {
    guard let last = variables[name]?.dimensions.last, let length = dimensions[last]?.length
    else { preconditionFailure("no variable \(name) with texts of a fixed length") }
    var bytes: [UInt8] = []
    for text in texts {
      let cut = text.utf8.prefix(length)
      bytes.append(contentsOf: cut)
      bytes.append(contentsOf: repeatElement(0, count: length - cut.count))
    }
    let failure: LibNetCDFError? = bytes.withUnsafeBytes { buffer in
      do throws(LibNetCDFError) {
        try write(name, buffer)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// Completes the file. Nothing can be written after.
  public func close() throws(LibNetCDFError) {
    guard isOpen else { return }
    isOpen = false
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      try LibNetCDF.check(nc_close(file), path, nil)
    }
  }

  private func define(
    _ name: String, _ type: nc_type, _ names: [String], _ elementByteCount: Int
  ) throws(LibNetCDFError) -> Int32 {
    let ids = names.map { name in
      guard let dimension = dimensions[name] else { preconditionFailure("no dimension \(name)") }
      return dimension.id
    }
    var id: Int32 = -1
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      try LibNetCDF.check(nc_def_var(file, name, type, Int32(ids.count), ids, &id), path, name)
    }
    variables[name] = Defined(id: id, elementByteCount: elementByteCount, dimensions: names)
    return id
  }

  private func put(_ attribute: Attribute, of variable: Int32) throws(LibNetCDFError) {
    let name = attribute.name
    try LibNetCDF.locked { () throws(LibNetCDFError) in
      let status: Int32
      switch attribute.value {
      case .text(let text):
        status = nc_put_att_text(file, variable, name, text.utf8.count, text)
      case .texts(let texts): status = putTexts(texts, name, variable)
      case .integers(let values, let type):
        let bytes = values.flatMap { value in
          withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(type.byteCount)) }
        }
        status = nc_put_att(file, variable, name, type.netCDFType, values.count, bytes)
      case .reals(let values, .float32):
        status = nc_put_att_float(
          file, variable, name, NC_FLOAT, values.count, values.map { Float($0) })
      case .reals(let values, _):
        status = nc_put_att_double(file, variable, name, NC_DOUBLE, values.count, values)
      }
      try LibNetCDF.check(status, path, name)
    }
  }

  private func putTexts(_ texts: [String], _ name: String, _ variable: Int32) -> Int32 {
    let bytes = texts.map { Array($0.utf8CString) }
    let joined = bytes.flatMap(\.self)
    return joined.withUnsafeBufferPointer { buffer in
      var next = 0
      var pointers: [UnsafePointer<CChar>?] = []
      for text in bytes {
        pointers.append(buffer.baseAddress.map { $0 + next })
        next += text.count
      }
      return nc_put_att_string(file, variable, name, pointers.count, &pointers)
    }
  }
}

extension DataType {
  /// libnetcdf's number for the type.
  fileprivate var netCDFType: nc_type {
    switch self {
    case .int8: NC_BYTE
    case .uint8: NC_UBYTE
    case .int16: NC_SHORT
    case .uint16: NC_USHORT
    case .int32: NC_INT
    case .uint32: NC_UINT
    case .int64: NC_INT64
    case .uint64: NC_UINT64
    case .float32: NC_FLOAT
    case .float64: NC_DOUBLE
    }
  }
}
