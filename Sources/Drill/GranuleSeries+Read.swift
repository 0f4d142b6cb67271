import CF
internal import Foundation
import NetCDF
import Storage

extension GranuleSeries {
  /// Reads the tiles that hold the pixels, each once.
  ///
  /// - Returns: Shape `[pixels.count, steps.count]`, as stored.
  static func tileValues(
    _ variable: Variable, _ reader: TileReader, _ axes: SeriesAxes, _ pixels: [Pixel],
    _ steps: Range<Int>
  ) async throws(GranuleError) -> [UInt8] {
    let size = variable.elementByteCount ?? 1
    let extents = variable.layout.tileShape
    let counts = reader.gridShape
    var wanted: [Int: [(place: Int, element: Int)]] = [:]
    var position = [Int](repeating: 0, count: axes.rank)
    for (index, pixel) in pixels.enumerated() {
      for step in steps {
        position[axes.latitude] = pixel.row
        position[axes.longitude] = pixel.column
        if let time = axes.time { position[time] = step }
        var tile = 0
        var element = 0
        for axis in position.indices {
          tile = tile * counts[axis] + position[axis] / extents[axis]
          element = element * extents[axis] + position[axis] % extents[axis]
        }
        let place = index * steps.count + step - steps.lowerBound
        wanted[tile, default: []].append((place, element))
      }
    }
    var stored = [UInt8](repeating: 0, count: pixels.count * steps.count * size)
    let tiles = wanted.keys.sorted()
    let tileByteCount = extents.reduce(size, *)
    let perBatch = max(1, min(64, (64 << 20) / max(1, tileByteCount)))
    let decoder = TileDecoder()
    var plain = [UInt8](repeating: 0, count: tileByteCount)
    for start in stride(from: 0, to: tiles.count, by: perBatch) {
      let batch = Array(tiles[start..<min(start + perBatch, tiles.count)])
      for tile in try await reader.fetch(batch) {
        let failure: GranuleError? = plain.withUnsafeMutableBytes { plain in
          do throws(GranuleError) {
            try decoder.decode(tile, of: variable, into: plain)
            return nil
          } catch { return error }
        }
        if let failure { throw failure }
        for (place, element) in wanted[tile.index] ?? [] {
          for byte in 0..<size { stored[place * size + byte] = plain[element * size + byte] }
        }
      }
    }
    return stored
  }

  /// Reads the pixels through libnetcdf: those that fill a rectangle at once, others one by one.
  ///
  /// - Parameter path: Or the URL of an OPeNDAP server's granule.
  static func libraryValues(
    _ path: String, _ variable: Variable, _ axes: SeriesAxes, _ pixels: [Pixel],
    _ steps: Range<Int>
  ) throws(LibNetCDFError) -> [UInt8] {
    func region(_ rows: Range<Int>, _ columns: Range<Int>) -> [Range<Int>] {
      var region = [Range<Int>](repeating: 0..<1, count: axes.rank)
      region[axes.latitude] = rows
      region[axes.longitude] = columns
      if let time = axes.time { region[time] = steps }
      return region
    }
    // More steps than one, or axes in another order, would come out in another order.
    if steps.count == 1, axes.latitude < axes.longitude, let box = Self.rectangle(pixels) {
      return try LibNetCDF.values(
        path: path, variable: variable.name, region: region(box.rows, box.columns))
    }
    return try LibNetCDF.values(
      path: path, variable: variable.name,
      regions: pixels.map { region($0.row..<$0.row + 1, $0.column..<$0.column + 1) })
  }

  /// The rectangle whose pixels these are, row by row; `nil` if they are no such.
  private static func rectangle(
    _ pixels: [Pixel]
  ) -> (rows: Range<Int>, columns: Range<Int>)? {
    guard let first = pixels.first, let last = pixels.last, first.row <= last.row,
      first.column <= last.column
    else { return nil }
    let width = last.column - first.column + 1
    guard pixels.count == (last.row - first.row + 1) * width else { return nil }
    for (index, pixel) in pixels.enumerated() {
      guard pixel.row == first.row + index / width, pixel.column == first.column + index % width
      else { return nil }
    }
    return (first.row..<last.row + 1, first.column..<last.column + 1)
  }

  /// Fetches the whole granule into a temporary file and hands its path over.
  static func withWholeFile<Value>(
    of source: GranuleSource, _ body: (String) throws(DrillError) -> Value
  ) async throws(DrillError) -> Value {
    let bytes: [UInt8]?
    do { bytes = try await source.store.read(source.key) } catch { throw .store(error) }
    guard let bytes else {
      throw .granule(GranuleError(location: source.location, reason: .absent))
    }
    let path = FileManager.default.temporaryDirectory
      .appending(component: "pixeldrill-\(UUID().uuidString).nc").path
    guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else {
      throw .notASource(
        location: source.location, reason: "its copy can't be written to \(path)")
    }
    defer { unlink(path) }
    return try body(path)
  }
}
