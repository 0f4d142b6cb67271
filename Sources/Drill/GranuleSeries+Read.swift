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
    /// Where a position along one axis lies: which tile, and which element of it.
    func part(_ position: Int, _ axis: Int) -> (tile: Int, element: Int) {
      (
        position / extents[axis] * counts[(axis + 1)...].reduce(1, *),
        position % extents[axis] * extents[(axis + 1)...].reduce(1, *)
      )
    }
    let times = steps.map { step in axes.time.map { part(step, $0) } ?? (tile: 0, element: 0) }
    var numbers: [Int: Int] = [:]
    var wanted: [[(place: Int, element: Int)]] = []
    // Neighbours mostly lie in one tile, and those of a box in one row.
    var row = (position: -1, tile: 0, element: 0)
    var last = (tile: -1, number: 0)
    let (columnTiles, columnElements) = (
      counts[(axes.longitude + 1)...].reduce(1, *), extents[(axes.longitude + 1)...].reduce(1, *)
    )
    let width = extents[axes.longitude]
    for (index, pixel) in pixels.enumerated() {
      if row.position != pixel.row {
        let (tile, element) = part(pixel.row, axes.latitude)
        row = (pixel.row, tile, element)
      }
      for (step, time) in times.enumerated() {
        let tile = row.tile + pixel.column / width * columnTiles + time.tile
        let element = row.element + pixel.column % width * columnElements + time.element
        if last.tile != tile {
          let number = numbers[tile] ?? wanted.count
          if number == wanted.count {
            numbers[tile] = number
            wanted.append([])
          }
          last = (tile, number)
        }
        wanted[last.number].append((index * steps.count + step, element))
      }
    }
    var stored = [UInt8](repeating: 0, count: pixels.count * steps.count * size)
    let tiles = numbers.keys.sorted()
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
        guard let number = numbers[tile.index] else { continue }
        plain.withUnsafeBytes { plain in
          stored.withUnsafeMutableBytes { stored in
            Self.copy(wanted[number], plain, size, into: stored)
          }
        }
      }
    }
    return stored
  }

  private static func copy(
    _ wanted: [(place: Int, element: Int)], _ tile: UnsafeRawBufferPointer, _ size: Int,
    into stored: UnsafeMutableRawBufferPointer
  ) {
    func copy<Word: BitwiseCopyable>(_: Word.Type) {
      for (place, element) in wanted {
        stored.storeBytes(
          of: tile.loadUnaligned(fromByteOffset: element * size, as: Word.self),
          toByteOffset: place * size, as: Word.self)
      }
    }
    switch size {
    case 1: copy(UInt8.self)
    case 2: copy(UInt16.self)
    case 4: copy(UInt32.self)
    default: copy(UInt64.self)
    }
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
