import CF
import NetCDF

/// Reads a column: every tile once, each worker decoding, cutting and holding what it fetched.
struct ColumnReader: Sendable {
  let plan: ArrayPlan
  let column: [Range<Int>]
  let sources: [VariableSource]
  let arena: PieceArena
  let threads: Int
  let progress: ConversionProgress

  /// Tiles of one granule that are fetched together.
  private struct Item: Sendable {
    let source: Int
    let tiles: [Int]
  }

  /// Decoded bytes that are fetched together, one tile at least.
  private static let itemByteCount = 8 << 20

  /// - Returns: The held pieces of each worker.
  func read() async throws -> [HeldPieces] {
    let items = items()
    let counter = Counter(limit: items.count)
    return try await withThrowingTaskGroup(of: HeldPieces.self) { group in
      for _ in 0..<threads {
        group.addTask { try await work(items, counter) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  private func items() -> [Item] {
    sources.indices.flatMap { index -> [Item] in
      let tiles = sources[index].tiles(in: column)
      let tileByteCount = sources[index].reader.variable.decodedTileByteCount
      let together = max(1, Self.itemByteCount / max(1, tileByteCount))
      return stride(from: 0, to: tiles.count, by: together).map {
        Item(source: index, tiles: Array(tiles[$0..<min($0 + together, tiles.count)]))
      }
    }
  }

  private func work(_ items: [Item], _ counter: Counter) async throws -> HeldPieces {
    let splitter = TileSplitter(
      layout: plan.layout, column: column, codec: plan.hold, refill: refill, arena: arena)
    let decoder = TileDecoder()
    let plane = UnsafeMutableRawBufferPointer.allocate(
      byteCount: plan.variable.source.largestTileByteCount, alignment: 64)
    defer { plane.deallocate() }
    let isLocal = sources.first?.isLocal ?? true
    try await withThrowingTaskGroup(of: (Int, [StoredTile]).self) { fetches in
      func fetchNext() {
        guard let index = counter.next() else { return }
        let item = items[index]
        fetches.addTask { (item.source, try await sources[item.source].reader.fetch(item.tiles)) }
      }
      for _ in 0..<(isLocal ? 1 : 8) { fetchNext() }
      while let (source, tiles) = try await fetches.next() {
        fetchNext()
        // Lets the request go out before this worker is busy.
        await Task.yield()
        for tile in tiles {
          try hold(tile, of: sources[source], decoder: decoder, plane: plane, splitter: splitter)
        }
      }
    }
    splitter.finish()
    return splitter.pieces
  }

  private var refill: FillPattern? {
    guard plan.variable.treatment == .refill else { return nil }
    return FillPattern(
      bits: plan.variable.fillBits, elementByteCount: plan.variable.type.byteCount)
  }

  private func hold(
    _ tile: StoredTile, of source: VariableSource, decoder: TileDecoder,
    plane: UnsafeMutableRawBufferPointer, splitter: TileSplitter
  ) throws {
    let variable = source.reader.variable
    let (firstStep, origin) = source.origin(of: tile.index)
    let shape = source.tileShape
    let stepByteCount = shape.reduce(variable.elementByteCount ?? 1, *)
    progress.addTiles(1)
    progress.addRead(tile.bytes?.count ?? 0)
    let inside = zip(zip(origin, shape), plan.layout.shape).map { min($0.0 + $0.1, $1) - $0.0 }
      .reduce(variable.elementByteCount ?? 1, *)
    let isFill = tile.bytes == nil && source.source.fill?.bits == variable.layout.fillBits
    let output = UnsafeMutableRawBufferPointer(
      rebasing: plane[..<(stepByteCount * source.stepsPerTile)])
    if !isFill {
      do throws(GranuleError) {
        try decoder.decode(tile, of: variable, into: output)
      } catch {
        // The decoder doesn't know which granule a tile is of.
        throw GranuleError(
          location: source.location, variable: variable.name, reason: error.reason)
      }
    }
    for index in 0..<source.stepsPerTile {
      guard let position = source.positions[firstStep + index] else { continue }
      progress.addHeld(inside)
      if isFill { continue }
      let slice = output[index * stepByteCount..<(index + 1) * stepByteCount]
      try splitter.hold(
        UnsafeRawBufferPointer(rebasing: slice), tileShape: shape, origin: origin,
        step: position, source: source.source, location: source.location)
    }
  }
}

extension Variable {
  var decodedTileByteCount: Int { layout.tileShape.reduce(elementByteCount ?? 1, *) }
}
