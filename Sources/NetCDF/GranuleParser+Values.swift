import CF

extension GranuleParser {
  /// Reads a region of a variable at once: for coordinates and other small arrays.
  ///
  /// - Parameter region: Within the variable's shape, one range per dimension.
  /// - Returns: The region's elements, C order, little-endian, as they are stored (packed).
  /// - Precondition: The region lies in the variable.
  public func values(
    of variable: Variable, in granule: Granule, from source: GranuleSource, region: [Range<Int>]
  ) async throws(GranuleError) -> [UInt8] {
    precondition(
      region.count == variable.shape.count
        && zip(region, variable.shape).allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= $1 },
      "a region of the variable")
    guard let elementByteCount = variable.elementByteCount else {
      throw GranuleError(
        location: source.location, variable: variable.name,
        reason: .unsupported("its type is \(variable.type)"))
    }
    let byteCount = region.reduce(elementByteCount) { $0 * $1.count }
    guard byteCount <= GranuleRequest.answerByteLimit else {
      throw GranuleError(
        location: source.location, variable: variable.name,
        reason: .unsupported("\(byteCount) bytes are too many to read at once"))
    }
    var values = [UInt8](repeating: 0, count: byteCount)
    guard byteCount > 0 else { return values }
    let reader = try await tiles(of: variable, in: granule, from: source)
    let tiles = Self.tiles(of: variable, in: region)
    let tileByteCount = variable.layout.tileShape.reduce(elementByteCount, *)
    // So many at once that requests can be joined, and few enough to hold.
    let batch = max(1, min(64, (64 << 20) / max(1, tileByteCount)))
    let decoder = TileDecoder()
    var scratch = [UInt8](repeating: 0, count: tileByteCount)
    for start in stride(from: 0, to: tiles.count, by: batch) {
      let fetched = try await reader.fetch(
        Array(tiles[start..<min(tiles.count, start + batch)]))
      for tile in fetched {
        do throws(GranuleError) {
          try Self.decode(tile, of: variable, region: region, decoder, &scratch, &values)
        } catch {
          throw GranuleError(
            location: source.location, variable: variable.name, reason: error.reason)
        }
      }
    }
    return values
  }

  private static func decode(
    _ tile: StoredTile, of variable: Variable, region: [Range<Int>], _ decoder: TileDecoder,
    _ scratch: inout [UInt8], _ values: inout [UInt8]
  ) throws(GranuleError) {
    let failure: GranuleError? = scratch.withUnsafeMutableBytes { buffer in
      do throws(GranuleError) {
        try decoder.decode(tile, of: variable, into: buffer)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
    let whole = variable.region(ofTile: tile.index)
    let common = zip(whole, region).map { $0.clamped(to: $1) }
    scratch.withUnsafeBytes { source in
      values.withUnsafeMutableBytes { target in
        StridedCopy.copy(
          source, shape: variable.layout.tileShape,
          at: zip(common, whole).map { $0.lowerBound - $1.lowerBound },
          target, shape: region.map(\.count),
          at: zip(common, region).map { $0.lowerBound - $1.lowerBound },
          extent: common.map(\.count), elementByteCount: variable.elementByteCount ?? 1)
      }
    }
  }

  /// The positions in the tile grid, in C order, of all tiles that a region touches.
  private static func tiles(of variable: Variable, in region: [Range<Int>]) -> [Int] {
    var tiles = [0]
    for (axis, range) in region.enumerated() {
      let length = variable.layout.tileShape[axis]
      let grid = variable.gridShape[axis]
      let coordinates = range.lowerBound / length...(range.upperBound - 1) / length
      tiles = tiles.flatMap { tile in coordinates.map { tile * grid + $0 } }
    }
    return tiles
  }
}
