/// What a parser is asked about one granule, and how it answers.
enum GranuleRequest: Sendable {
  /// The answer is a ``Granule``.
  case header(name: String)
  /// The answer is a list of ``ChunkEntry``, found by libhdf5.
  case chunks(Variable)
  /// The answer is the region's elements, C order, native byte order.
  case values(Variable, region: [Range<Int>])
  /// The answer is a ``Witness``.
  case witness
  /// The answer is a list of bytes, one for each window, read by libnetcdf.
  case windows([Window])

  /// No answer is larger than that.
  static let answerByteLimit = 1 << 30

  /// Does the work, in whatever process this is.
  ///
  /// - Throws: what keeps the granule or variable from being read.
  func answer(from bytes: any GranuleBytes) throws(GranuleError.Reason) -> [UInt8] {
    switch self {
    case .header(let name):
      var writer = WireWriter()
      writer.put(try Self.header(name, bytes))
      return writer.bytes
    case .chunks(let variable):
      let entries = try HDF5Values.chunks(of: variable, in: HDF5File(bytes))
      var writer = WireWriter()
      writer.put(entries) { writer, entry in
        writer.put(entry.start) { $0.put($1) }
        writer.put(entry.offset)
        writer.put(entry.byteCount)
        writer.put(bits: UInt64(entry.filterMask))
      }
      return writer.bytes
    case .values(let variable, let region):
      return try HDF5Values.read(variable, region, from: HDF5File(bytes))
    case .witness: return try Self.witness(bytes)
    case .windows(let windows): return try Self.read(windows, bytes)
    }
  }

  private static func header(
    _ name: String, _ bytes: any GranuleBytes
  ) throws(GranuleError.Reason) -> Granule {
    guard bytes.byteCount > 0 else { throw .notNetCDF("the file is empty") }
    let head = try bytes.read(0, count: min(4, bytes.byteCount))
    if let format = ClassicHeader.format(of: head) {
      return try ClassicHeader.read(bytes, format: format, name: name)
    }
    return try HDF5Header.read(HDF5File(bytes), name: name)
  }
}

/// One chunk as an index lists it, before it is checked against the variable and the file.
struct ChunkEntry: Hashable, Sendable {
  /// The chunk's first element.
  var start: [Int]
  var offset: Int
  var byteCount: Int
  var filterMask: UInt32
}

extension GranuleRequest {
  init(_ reader: inout WireReader) throws(WireReader.Malformed) {
    switch try reader.integer() {
    case 0: self = .header(name: try reader.text())
    case 1: self = .chunks(try reader.variable())
    case 2:
      let variable = try reader.variable()
      self = .values(variable, region: try reader.region())
    case 3: self = .witness
    case 4: self = .windows(try reader.windows())
    default: throw WireReader.Malformed()
    }
  }

  func write(to writer: inout WireWriter) {
    switch self {
    case .header(let name):
      writer.put(0)
      writer.put(name)
    case .chunks(let variable):
      writer.put(1)
      writer.put(variable)
    case .values(let variable, let region):
      writer.put(2)
      writer.put(variable)
      writer.put(region) { writer, range in
        writer.put(range.lowerBound)
        writer.put(range.upperBound)
      }
    case .witness: writer.put(3)
    case .windows(let windows):
      writer.put(4)
      writer.put(windows)
    }
  }
}
