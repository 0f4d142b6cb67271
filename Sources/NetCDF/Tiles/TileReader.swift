/// The stored bytes of one tile, as they are in the file.
public struct StoredTile: Sendable {
  /// Position in the tile grid, in C order.
  public let index: Int
  /// `nil` if the tile was never written: it is all fill.
  public let bytes: ArraySlice<UInt8>?
  /// Bit *i* is set if filter *i* of the variable was left out for this tile.
  public let filterMask: UInt32

  public init(index: Int, bytes: ArraySlice<UInt8>?, filterMask: UInt32) {
    self.index = index
    self.bytes = bytes
    self.filterMask = filterMask
  }
}

/// Reads the tiles of one variable of one granule.
public struct TileReader: Sendable {
  public let variable: Variable
  /// The number of tiles along each dimension.
  public let gridShape: [Int]
  /// Where the chunks are, for storage in chunks.
  public let index: ChunkIndex?

  private let source: GranuleSource
  private let parser: GranuleParser

  init(
    variable: Variable, index: ChunkIndex?, source: GranuleSource,
    parser: GranuleParser
  ) {
    self.variable = variable
    gridShape = variable.gridShape
    self.index = index
    self.source = source
    self.parser = parser
  }

  /// Reads tiles, those that lie near each other in the file in one request.
  ///
  /// - Parameter tiles: Positions in the tile grid, in C order.
  /// - Returns: The tiles, in the order asked for.
  /// - Precondition: Every position lies in the grid.
  public func fetch(_ tiles: [Int]) async throws(GranuleError) -> [StoredTile] {
    do throws(GranuleError.Reason) {
      return try await stored(tiles)
    } catch {
      throw GranuleError(location: source.location, variable: variable.name, reason: error)
    }
  }

  /// The elements of a tile that lie in the array, one range per dimension.
  public func region(ofTile tile: Int) -> [Range<Int>] {
    variable.region(ofTile: tile)
  }

  private func stored(_ tiles: [Int]) async throws(GranuleError.Reason) -> [StoredTile] {
    switch variable.layout.place {
    case .unallocated:
      return tiles.map { StoredTile(index: $0, bytes: nil, filterMask: 0) }
    case .library:
      var answers: [StoredTile] = []
      for tile in tiles {
        let bytes = try await parser.libraryValues(
          of: variable, source: source, region: region(ofTile: tile))
        answers.append(StoredTile(index: tile, bytes: bytes[...], filterMask: 0))
      }
      return answers
    case .chunks:
      guard let index else { preconditionFailure("chunks without an index") }
      let written = tiles.compactMap { index.range($0) }
      var bytes = try await RangeReader(source: source).read(written)[...]
      return tiles.map { tile in
        StoredTile(
          index: tile, bytes: index.range(tile) == nil ? nil : bytes.removeFirst()[...],
          filterMask: index.filterMasks[tile])
      }
    case .contiguous, .records:
      let pieces = tiles.map { variable.pieces(ofTile: $0) }
      var bytes = try await RangeReader(source: source).read(pieces.flatMap(\.self))[...]
      return zip(tiles, pieces).map { tile, pieces in
        let parts = bytes.prefix(pieces.count)
        bytes = bytes.dropFirst(pieces.count)
        return StoredTile(
          index: tile,
          bytes: (parts.count == 1 ? parts[parts.startIndex] : Array(parts.joined()))[...],
          filterMask: 0)
      }
    }
  }
}

extension Variable {
  /// The elements of a tile that lie in the array, one range per dimension.
  ///
  /// - Precondition: The tile lies in the grid.
  public func region(ofTile tile: Int) -> [Range<Int>] {
    var rest = tile
    var region: [Range<Int>] = []
    for (length, (extent, grid)) in zip(layout.tileShape, zip(shape, gridShape)).reversed() {
      let start = rest % grid * length
      rest /= grid
      region.append(start..<min(start + length, extent))
    }
    precondition(rest == 0 && tile >= 0, "tile outside the grid")
    return region.reversed()
  }

  /// The byte ranges that make up a tile of contiguous or record storage, in C order.
  func pieces(ofTile tile: Int) -> [Range<Int>] {
    let region = region(ofTile: tile)
    let elementByteCount = elementByteCount ?? 1
    func position(_ axes: Range<Int>) -> Int {
      axes.reduce(0) { $0 * shape[$1] + region[$1].lowerBound }
    }
    switch layout.place {
    case .contiguous(let offset, _):
      let start = offset + position(region.indices) * elementByteCount
      return [start..<start + region.reduce(elementByteCount) { $0 * $1.count }]
    case .records(let offset, let stride, _):
      let within = region.indices.dropFirst()
      let byteCount = within.reduce(elementByteCount) { $0 * region[$1].count }
      return region[0].map { record in
        let start = offset + record * stride + position(within) * elementByteCount
        return start..<start + byteCount
      }
    case .chunks, .unallocated, .library: return []
    }
  }
}
