import CF
import NetCDF
import Storage

/// Reads a column: every tile once, each worker decoding, cutting and holding what it fetched.
struct ColumnReader: Sendable {
  let plan: ArrayPlan
  let column: [Range<Int>]
  let sources: [VariableSource]
  let arena: PieceArena
  let memory: MemoryPlan
  let progress: ConversionProgress

  /// Tiles of one granule that are fetched together.
  private struct Item: Sendable {
    let source: Int
    let tiles: [Int]
    /// Bytes that the tiles take in the granule; as many as decoded where that isn't known.
    let storedByteCount: Int
  }

  /// Decoded bytes that are fetched together, one tile at least.
  private static let itemByteCount = 8 << 20

  /// - Returns: The held pieces of each worker.
  func read() async throws -> [HeldPieces] {
    let items = items()
    let counter = Counter(limit: items.count)
    return try await withThrowingTaskGroup(of: HeldPieces.self) { group in
      for _ in 0..<memory.threads {
        group.addTask { try await work(items, counter) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
  }

  private func items() -> [Item] {
    sources.indices.flatMap { index -> [Item] in
      let reader = sources[index].reader
      let tiles = sources[index].tiles(in: column)
      let tileByteCount = reader.variable.decodedTileByteCount
      let together = max(1, Self.itemByteCount / max(1, tileByteCount))
      return stride(from: 0, to: tiles.count, by: together).map {
        let tiles = Array(tiles[$0..<min($0 + together, tiles.count)])
        let stored = reader.index.map { index in
          tiles.reduce(0) { $0 + index.byteCounts[$1] }
        }
        return Item(
          source: index, tiles: tiles, storedByteCount: stored ?? tiles.count * tileByteCount)
      }
    }
  }

  private func work(_ items: [Item], _ counter: Counter) async throws -> HeldPieces {
    let splitter = TileSplitter(
      layout: plan.layout, column: column, codec: plan.hold, refill: refill, arena: arena)
    let decoder = TileDecoder(clock: progress.clock)
    let plane = UnsafeMutableRawBufferPointer.allocate(
      byteCount: plan.variable.source.largestTileByteCount, alignment: 64)
    defer { plane.deallocate() }
    // A disk answers at once; a network wants many requests on their way.
    let width = sources.first?.isLocal ?? true ? 2 : 32
    try await withThrowingTaskGroup(of: (Item, [StoredTile]).self) { fetches in
      var inFlight = 0
      var inFlightByteCount = 0
      func fetchAhead() {
        while inFlight < width, inFlight == 0 || inFlightByteCount < memory.fetchByteCount,
          let index = counter.next()
        {
          let item = items[index]
          inFlight += 1
          inFlightByteCount += item.storedByteCount
          fetches.addTask { (item, try await sources[item.source].reader.fetch(item.tiles)) }
        }
      }
      fetchAhead()
      while let (item, tiles) = try await fetches.next() {
        inFlight -= 1
        inFlightByteCount -= item.storedByteCount
        fetchAhead()
        // Lets the requests go out before this worker is busy.
        await Task.yield()
        let source = sources[item.source]
        for tile in tiles {
          do {
            try hold(tile, of: source, decoder: decoder, plane: plane, splitter: splitter)
          } catch let error as GranuleError where !source.isLocal {
            // A bit that flipped on the way; what is damaged in the store stays so.
            guard let again = try await source.reader.fetch([tile.index]).first else { throw error }
            try hold(again, of: source, decoder: decoder, plane: plane, splitter: splitter)
          }
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
    let (firstStep, origin) = source.origin(of: tile.index)
    let shape = source.tileShape
    let elementByteCount = source.reader.variable.elementByteCount ?? 1
    let stepByteCount = shape.reduce(elementByteCount, *)
    // Of small tiles there are very many: no array is made for each.
    var inside = elementByteCount
    for axis in shape.indices {
      inside *= min(origin[axis] + shape[axis], plan.layout.shape[axis]) - origin[axis]
    }
    let isFill =
      tile.bytes == nil && source.source.fill?.bits == source.reader.variable.layout.fillBits
    let output = UnsafeMutableRawBufferPointer(
      rebasing: plane[..<(stepByteCount * source.stepsPerTile)])
    if !isFill {
      do throws(GranuleError) {
        try decoder.decode(tile, of: source.reader.variable, into: output)
      } catch {
        // The decoder doesn't know which granule a tile is of.
        throw GranuleError(
          location: source.location, variable: source.reader.variable.name,
          reason: error.reason)
      }
    }
    progress.addTiles(1)
    progress.addRead(tile.bytes?.count ?? 0)
    for index in 0..<source.stepsPerTile {
      guard let position = source.positions[firstStep + index] else { continue }
      progress.addHeld(inside)
      if isFill { continue }
      let slice = output[index * stepByteCount..<(index + 1) * stepByteCount]
      try progress.clock.measure(.hold, byteCount: slice.count) {
        try splitter.hold(
          UnsafeRawBufferPointer(rebasing: slice), tileShape: shape, origin: origin,
          step: position, source: source.source, location: source.location)
      }
    }
  }
}

extension Variable {
  var decodedTileByteCount: Int { layout.tileShape.reduce(elementByteCount ?? 1, *) }
}
