import CF
import NetCDF

/// Writes the granules of one stack, each complete or not at all.
struct GranuleWriter: Sendable {
  private static let deflateLevel = 3

  let stack: SampleStack
  private let land: [[Range<Int>]]

  init(_ stack: SampleStack) {
    self.stack = stack
    let longitudes = stack.grid.longitudes
    land = stack.grid.latitudes.map {
      Coastline.landColumns(latitude: $0, longitudes: longitudes)
    }
  }

  /// Writes one granule to a new file at `path`.
  ///
  /// - Complexity: O(pixels × variables). Holds about 45 bytes for every pixel with data and all
  ///   variables, a fifth of the grid, and one chunk.
  func write(_ granule: SampleGranule, to path: String) throws {
    let scene = DayScene(
      grid: stack.grid, land: land, day: granule.day, yearPart: Self.yearPart(granule.time),
      seed: stack.seed)
    let packed = granule.variables.map { variable in
      let values = scene.values(of: variable)
      let choice = PackingChoice(
        rule: variable.packing, values: values, validMax: variable.validRange.upperBound)
      return (variable, choice, PackedValues(values, of: variable, choice))
    }
    try writeHeader(granule, packings: packed.map { ($0.0, $0.1) }, to: path)
    guard let encoder = ChunkEncoder(level: Int32(Self.deflateLevel)) else {
      throw SampleError.granule(name: granule.name, reason: "no memory for a compressor")
    }
    let chunks = try ChunkWriter(path: path)
    for (variable, _, values) in packed {
      let shape = granule.chunkShape(of: variable)
      for row in stride(from: 0, to: stack.rowCount, by: shape[0]) {
        for column in stride(from: 0, to: stack.columnCount, by: shape[1]) {
          let bytes = values.encodeChunk(
            encoder, runs: scene.runs, origin: [row, column], shape: shape)
          try chunks.write(bytes, variable: variable.rawValue, origin: [0, row, column])
        }
      }
    }
    try chunks.flush()
  }

  /// Everything but the chunks of the data variables.
  private func writeHeader(
    _ granule: SampleGranule, packings: [(L3SVariable, PackingChoice?)], to path: String
  ) throws {
    let header = GranuleHeader(
      time: granule.time, grid: stack.grid,
      identity: SeededHash(seed: stack.seed).derived(30).derived(UInt64(granule.day)),
      stringForm: granule.hasStringAttributes)
    let writer = try NetCDFWriter(path: path, attributes: header.global)
    try writer.addDimension("lat", length: stack.rowCount)
    try writer.addDimension("lon", length: stack.columnCount)
    try writer.addDimension("time", length: 1)
    // NC_FILL_FLOAT, as in the archive.
    let floatFill = UInt64(Float(9.969_209_968_386_869e36).bitPattern)
    try add(
      "lat", .float32, count: stack.rowCount, floatFill, GranuleHeader.latitude, to: writer)
    try add(
      "lon", .float32, count: stack.columnCount, floatFill, GranuleHeader.longitude, to: writer)
    let timeFill = UInt64(UInt32(bitPattern: -2_147_483_647))
    try add("time", .int32, count: 1, timeFill, GranuleHeader.time, to: writer)
    for (variable, choice) in packings {
      try writer.addVariable(
        variable.rawValue, type: variable.type, dimensions: ["time", "lat", "lon"],
        chunkShape: [1] + granule.chunkShape(of: variable), deflateLevel: Self.deflateLevel,
        shuffle: true, fletcher32: false, fillBits: Self.fillBits(variable),
        attributes: variable.attributes(
          packing: choice, stringForm: granule.hasStringAttributes))
    }
    let latitudes = stack.grid.latitudes.map { Float($0) }
    try latitudes.withUnsafeBytes { try writer.write("lat", $0) }
    let longitudes = stack.grid.longitudes.map { Float($0) }
    try longitudes.withUnsafeBytes { try writer.write("lon", $0) }
    try withUnsafeBytes(of: granule.secondsSince1981) { try writer.write("time", $0) }
    try writer.close()
  }

  private func add(
    _ name: String, _ type: DataType, count: Int, _ fill: UInt64, _ attributes: [Attribute],
    to writer: NetCDFWriter
  ) throws {
    try writer.addVariable(
      name, type: type, dimensions: [name], chunkShape: [count],
      deflateLevel: Self.deflateLevel, shuffle: true, fletcher32: false, fillBits: fill,
      attributes: attributes)
  }

  private static func fillBits(_ variable: L3SVariable) -> UInt64 {
    let bits = UInt64(bitPattern: variable.fill)
    return bits & (UInt64.max >> UInt64(64 - 8 * variable.type.byteCount))
  }

  private static func yearPart(_ time: TimeInstant) -> Double {
    let start = TimeInstant(calendar: time.calendar, year: time.year, month: 1, day: 1)
    return time.seconds(since: start) / (365.25 * 86_400)
  }
}
