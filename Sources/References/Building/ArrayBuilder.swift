internal import CF
internal import NetCDF
internal import Storage
internal import Zarr

/// Describes one variable of a granule as an array of references.
struct ArrayBuilder {
  enum Failure: Error {
    case cannotReference(String)
    case granule(GranuleError)
  }

  let variable: Variable
  let granule: Granule
  let source: GranuleSource
  let parser: GranuleParser
  let inlineLimit: Int

  func references() async throws(Failure) -> ArrayReferences {
    guard let typeName = variable.typeName else {
      throw .cannotReference("its type is \(variable.type)")
    }
    var array = ArrayReferences(
      name: variable.name, shape: variable.shape, chunkShape: variable.layout.tileShape,
      typeName: typeName, filters: [], fill: variable.fillValue?.json ?? .null,
      dimensions: variable.dimensionNames, attributes: variable.attributesObject, chunks: [])
    guard variable.shape.allSatisfy({ $0 > 0 }) else { return array }
    switch variable.layout.place {
    case .chunks:
      try await addChunks(to: &array)
    case .contiguous(let offset, _):
      addContiguous(offset, to: &array)
    case .records(let offset, let stride, let recordByteCount):
      addRecords(offset, stride, recordByteCount, to: &array)
    case .unallocated:
      array.filters = try standIn(for: variable.shape, in: &array)
    case .library(let reason):
      try await addValues(to: &array, because: reason)
    }
    try await inlineIfSmall(&array)
    return array
  }

  private func fail<Value>(
    _ work: () async throws(GranuleError) -> Value
  ) async throws(Failure) -> Value {
    do { return try await work() } catch {
      // What can't be read can't be referenced either; the other variables can.
      if case .unsupported(let reason) = error.reason { throw .cannotReference(reason) }
      throw .granule(error)
    }
  }

  private var elementByteCount: Int { variable.elementByteCount ?? 1 }

  /// HDF5 chunks.
  private func addChunks(to array: inout ArrayReferences) async throws(Failure) {
    let reader = try await fail { () throws(GranuleError) in
      try await parser.tiles(of: variable, in: granule, from: source)
    }
    guard let index = reader.index else { throw .cannotReference("its chunks have no index") }
    let present = (0..<index.count).filter { index.range($0) != nil }
    // Filters that every chunk went without aren't the array's; as kerchunk does it.
    let common = present.reduce(UInt32.max) { $0 & index.filterMasks[$1] }
    let filters = variable.layout.filters.enumerated().filter {
      present.isEmpty || common & (1 << UInt32($0.offset)) == 0
    }.map(\.element)
    let hasTrailer = filters.last == .fletcher32
    array.filters = (hasTrailer ? filters.dropLast() : filters[...]).map(\.json)
    var odd: [Int] = []
    var absent: [Int] = []
    array.chunks.reserveCapacity(present.count)
    var coordinates = [Int](repeating: 0, count: reader.gridShape.count)
    for tile in 0..<index.count {
      defer { Self.advance(&coordinates, in: reader.gridShape) }
      guard let range = index.range(tile) else {
        absent.append(tile)
        continue
      }
      guard index.filterMasks[tile] == common || present.isEmpty else {
        odd.append(tile)
        continue
      }
      // The checksum that ends each chunk is no part of what zlib or a reader expects.
      let byteCount = range.count - (hasTrailer ? 4 : 0)
      guard byteCount >= 0 else {
        throw .granule(
          GranuleError(
            location: source.location, variable: variable.name,
            reason: .damaged("a chunk of \(range.count) bytes")))
      }
      array.chunks.append(
        ArrayReferences.Chunk(
          coordinates: coordinates,
          bytes: .range(range.lowerBound..<range.lowerBound + byteCount)))
    }
    try await addSubstitutes(odd: odd, absent: absent, reader, to: &array)
  }

  /// Goes on to the next chunk in C order.
  private static func advance(_ coordinates: inout [Int], in gridShape: [Int]) {
    for axis in gridShape.indices.reversed() {
      coordinates[axis] += 1
      if coordinates[axis] < gridShape[axis] { return }
      coordinates[axis] = 0
    }
  }

  private func coordinates(_ tile: Int) -> [Int] {
    zip(variable.region(ofTile: tile), variable.layout.tileShape).map { $0.lowerBound / $1 }
  }

  /// Chunks that went without a filter that others have, and chunks that hold HDF5's fill value
  /// where readers would take another: inlined, encoded as the array's filters say.
  private func addSubstitutes(
    odd: [Int], absent: [Int], _ reader: TileReader, to array: inout ArrayReferences
  ) async throws(Failure) {
    let needsFill = !absent.isEmpty && variable.fillValue?.bits != variable.layout.fillBits
    guard !odd.isEmpty || needsFill else { return }
    let encoder = SubstituteEncoder(array.filters)
    var byteCount = 0
    var substitutes: [(tile: Int, bytes: [UInt8])] = []
    for tile in odd {
      let stored = try await fail { () throws(GranuleError) in try await reader.fetch([tile]) }[0]
      substitutes.append((tile, try encode(stored, encoder)))
    }
    if needsFill {
      let fill = StoredTile(index: absent[0], bytes: nil, filterMask: 0)
      let bytes = try encode(fill, encoder)
      substitutes += absent.map { ($0, bytes) }
    }
    byteCount += substitutes.reduce(0) { $0 + $1.bytes.count }
    guard byteCount <= ReferenceBuilder.substituteLimit else {
      throw .cannotReference(
        odd.isEmpty
          ? "\(absent.count) chunks were never written, and hold another number than _FillValue"
          : "\(odd.count) of its chunks went without a filter that the others have")
    }
    let chunks = substitutes.map {
      ArrayReferences.Chunk(coordinates: coordinates($0.tile), bytes: .inline($0.bytes))
    }
    array.chunks = (array.chunks + chunks).sorted {
      $0.coordinates.lexicographicallyPrecedes($1.coordinates)
    }
  }

  private func encode(
    _ tile: StoredTile, _ encoder: SubstituteEncoder
  ) throws(Failure) -> [UInt8] {
    var plain = [UInt8](
      repeating: 0, count: variable.layout.tileShape.reduce(elementByteCount, *))
    let failure: GranuleError? = plain.withUnsafeMutableBytes { buffer in
      do throws(GranuleError) {
        try TileDecoder().decode(tile, of: variable, into: buffer)
        return nil
      } catch { return error }
    }
    if let failure { throw .granule(failure) }
    if variable.layout.isBigEndian { plain = SubstituteEncoder.swapped(plain, elementByteCount) }
    do { return try encoder.encode(plain) } catch { throw .cannotReference("\(error)") }
  }

  /// Contiguous storage, in the largest chunks of whole rows that divide it evenly: Zarr has no
  /// short chunks.
  private func addContiguous(_ offset: Int, to array: inout ArrayReferences) {
    array.chunkShape = Self.evenChunks(of: variable.shape, elementByteCount)
    let byteCount = array.chunkShape.reduce(elementByteCount, *)
    array.chunks = Self.chunks(variable.shape, array.chunkShape).enumerated().map {
      let start = offset + $0.offset * byteCount
      return ArrayReferences.Chunk(
        coordinates: $0.element, bytes: .range(start..<start + byteCount))
    }
  }

  /// NetCDF-3 records: those of all variables take turns.
  private func addRecords(
    _ offset: Int, _ stride: Int, _ recordByteCount: Int, to array: inout ArrayReferences
  ) {
    let recordShape = Array(variable.shape.dropFirst())
    array.chunkShape = [1] + Self.evenChunks(of: recordShape, elementByteCount)
    let byteCount = array.chunkShape.reduce(elementByteCount, *)
    let within = Self.chunks(recordShape, Array(array.chunkShape.dropFirst()))
    for record in 0..<variable.shape[0] {
      for (number, coordinates) in within.enumerated() {
        let start = offset + record * stride + number * byteCount
        array.chunks.append(
          ArrayReferences.Chunk(
            coordinates: [record] + coordinates, bytes: .range(start..<start + byteCount)))
      }
    }
  }

  static func evenChunks(of shape: [Int], _ elementByteCount: Int) -> [Int] {
    var chunk = shape
    for axis in shape.indices {
      let rest = chunk[(axis + 1)...].reduce(elementByteCount, *)
      let limit = max(1, ReferenceBuilder.contiguousChunkByteCount / max(1, rest))
      if shape[axis] <= limit { break }
      chunk[axis] = (1...min(limit, shape[axis])).last { shape[axis] % $0 == 0 } ?? 1
      if chunk[axis] > 1 { break }
    }
    return chunk
  }

  /// The coordinates of all chunks, in C order.
  static func chunks(_ shape: [Int], _ chunkShape: [Int]) -> [[Int]] {
    zip(shape, chunkShape).reduce([[]]) { chunks, axis in
      let count = (axis.0 + axis.1 - 1) / axis.1
      return chunks.flatMap { chunk in (0..<count).map { chunk + [$0] } }
    }
  }

  /// Storage that was never allocated: nothing where `_FillValue` says what it holds, else the
  /// fill value itself.
  private func standIn(
    for shape: [Int], in array: inout ArrayReferences
  ) throws(Failure) -> [JSONValue] {
    guard variable.fillValue?.bits != variable.layout.fillBits else { return [] }
    let filters: [JSONValue] = [Filter.deflate(level: 1).json]
    let bytes = try encode(
      StoredTile(index: 0, bytes: nil, filterMask: 0), SubstituteEncoder(filters))
    let chunks = Self.chunks(shape, array.chunkShape)
    guard bytes.count * chunks.count <= ReferenceBuilder.substituteLimit else {
      throw .cannotReference("it was never written, and has no _FillValue")
    }
    array.chunks = chunks.map { ArrayReferences.Chunk(coordinates: $0, bytes: .inline(bytes)) }
    return filters
  }

  /// Storage that only the library can read: its values, if they are few.
  private func addValues(
    to array: inout ArrayReferences, because reason: String
  ) async throws(Failure) {
    let byteCount = variable.shape.reduce(elementByteCount, *)
    guard byteCount <= ReferenceBuilder.substituteLimit / 16 else {
      throw .cannotReference("its bytes can't be referenced (\(reason))")
    }
    try await replaceByValues(&array)
  }

  private func replaceByValues(_ array: inout ArrayReferences) async throws(Failure) {
    let values = try await fail { () throws(GranuleError) in
      try await parser.values(
        of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
    }
    array.chunkShape = variable.shape
    array.filters = []
    if let dataType = variable.dataType { array.typeName = dataType.v2Name }
    array.chunks = [
      ArrayReferences.Chunk(coordinates: variable.shape.map { _ in 0 }, bytes: .inline(values))
    ]
  }

  /// Puts small arrays, and coordinates, into the set.
  private func inlineIfSmall(_ array: inout ArrayReferences) async throws(Failure) {
    let ranges = array.chunks.compactMap { chunk in
      if case .range(let range) = chunk.bytes { range } else { nil }
    }
    let byteCount = ranges.reduce(0) { $0 + $1.count }
    let limit = inlineLimit * (variable.isCoordinate ? ReferenceBuilder.coordinateFactor : 1)
    guard !ranges.isEmpty, byteCount <= limit else { return }
    if case .records = variable.layout.place { return try await replaceByValues(&array) }
    let parts: [[UInt8]]?
    do {
      parts = try await source.store.read(source.key, ranges: ranges)
    } catch {
      throw .granule(
        GranuleError(
          location: source.location, variable: variable.name, reason: .storage(error)))
    }
    guard var parts = parts?[...] else {
      throw .granule(
        GranuleError(location: source.location, variable: variable.name, reason: .absent))
    }
    array.chunks = array.chunks.map { chunk in
      if case .inline = chunk.bytes { return chunk }
      return ArrayReferences.Chunk(
        coordinates: chunk.coordinates, bytes: .inline(parts.removeFirst()))
    }
  }
}
