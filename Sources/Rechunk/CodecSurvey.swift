import CF
public import NetCDF
public import Storage
public import Zarr
import ZarrWriter

/// Chooses the compressor of each variable on a sample of its own data: a few small squares of
/// some steps, gathered and unpacked as the store will hold them.
public struct CodecSurvey: Sendable {
  private let stack: Stack
  private let parser: GranuleParser

  /// Steps that a sample has, spread over the stack; and squares per variable.
  private static let stepCount = 24
  private static let squareCount = 6
  private static let edge = 25

  public init(stack: Stack, parser: GranuleParser) {
    self.stack = stack
    self.parser = parser
  }

  /// - Parameter root: Where the stores go. What was chosen for stores there stays, so that new
  ///   granules don't change it.
  /// - Throws: ``StackError`` or ``TreatmentError`` if the options don't fit the stack, or a
  ///   `GranuleError`.
  public func compressors(
    for options: ConversionOptions, root: (any ByteStore)? = nil
  ) async throws -> [String: Compressor] {
    guard options.codec == .automatic else { return [:] }
    var earlier: [YearInputs] = []
    if let root, !options.replaces { earlier = try await chosen(in: root) }
    let (treated, _) = try PlanBuilder(stack: stack, options: options).treatedVariables()
    let recorded = earlier
    let chosen = try await inOrder(treated.filter { $0.source.role == .data }, width: 2) {
      variable in
      let known = recorded.lazy.compactMap { $0.compressor(of: variable) }.first
      if let known { return (variable.source.name, known) }
      return (variable.source.name, try await compressor(for: variable))
    }
    return Dictionary(uniqueKeysWithValues: chosen)
  }

  /// What stores below a root were made of where the codec was left open, the newest first.
  private func chosen(in root: any ByteStore) async throws -> [YearInputs] {
    let years = try await Leftovers.years(in: root).reversed()
    return try await inOrder(Array(years), width: 8) { year in
      try await YearState.find(year, in: root).inputs
    }.compactMap { $0 }.filter(\.leavesCodecOpen)
  }

  private func compressor(for variable: TreatedVariable) async throws -> Compressor {
    let present = variable.source.presentIn
    let stride = max(1, present.count / Self.stepCount)
    let members = Swift.stride(from: 0, to: present.count, by: stride).map { present[$0] }
    let sampled = Array(members.prefix(Self.stepCount))
    for (position, member) in sampled.enumerated() {
      guard let first = try await sample(of: variable, in: member, like: nil) else { continue }
      let others = try await inOrder(Array(sampled.dropFirst(position + 1)), width: 16) {
        try await sample(of: variable, in: $0, like: first)
      }
      let chunks = first.squares.indices.map { index in
        others.reduce(into: first.squares[index]) { $0 += $1?.squares[index] ?? [] }
      }
      return try Compressor.auto(sample: chunks.filter { !$0.isEmpty }, dataType: variable.type)
    }
    return try Compressor.auto(sample: [], dataType: variable.type)
  }

  /// What is taken of one granule.
  private struct Sample: Sendable {
    let tile: Int
    let tileShape: [Int]
    var squares: [[UInt8]]
  }

  /// - Parameter first: Where to look: at its tile, if the granule has its layout. If it is `nil`,
  ///   in the fullest tile.
  /// - Returns: `nil` if the granule doesn't have the variable, or not in that layout, or can't be
  ///   read.
  private func sample(
    of variable: TreatedVariable, in member: Int, like first: Sample?
  ) async throws -> Sample? {
    let granule = stack.members[member]
    guard let stored = granule.variable(variable.source.name), let packing = stored.packing,
      first.map({ $0.tileShape == stored.layout.tileShape }) ?? true
    else { return nil }
    do {
      let reader = try await parser.tiles(of: stored, in: granule.granule, from: granule.source)
      let position = first?.tile ?? reader.fullestTile
      guard let tile = try await reader.fetch([position]).first else { return nil }
      let values = try decoded(tile, of: stored, packing: packing, treatment: variable.treatment)
      var sample = Sample(
        tile: position, tileShape: stored.layout.tileShape,
        squares: Array(repeating: [], count: Self.squareCount))
      append(values, of: stored, type: variable.type, to: &sample.squares)
      return sample
    } catch let error as GranuleError where error.isAboutTheGranule {
      // The conversion will come to this tile too, and name its granule.
      return nil
    }
  }

  private func decoded(
    _ tile: StoredTile, of variable: NetCDF.Variable, packing: Packing, treatment: Treatment
  ) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: variable.decodedTileByteCount)
    try bytes.withUnsafeMutableBytes { try TileDecoder().decode(tile, of: variable, into: $0) }
    guard treatment == .unpack, packing.isPacked else { return bytes }
    let count = bytes.count / packing.packedType.byteCount
    var values = [UInt8](repeating: 0, count: count * packing.unpackedType.byteCount)
    values.withUnsafeMutableBytes { output in
      bytes.withUnsafeBytes { packing.unpack($0, into: output) }
    }
    return values
  }

  /// Adds the first step of a decoded tile to each square: squares lie along its diagonal.
  private func append(
    _ values: [UInt8], of variable: NetCDF.Variable, type: DataType, to squares: inout [[UInt8]]
  ) {
    let shape = [1, 1] + variable.layout.tileShape.suffix(2)
    let (height, width) = (shape[shape.count - 2], shape[shape.count - 1])
    let element = type.byteCount
    for index in squares.indices {
      let y = max(0, (height - Self.edge) * index / max(1, squares.count - 1))
      let x = max(0, (width - Self.edge) * index / max(1, squares.count - 1))
      for row in y..<min(y + Self.edge, height) {
        let start = (row * width + x) * element
        let end = start + min(Self.edge, width - x) * element
        guard end <= values.count else { continue }
        squares[index] += values[start..<end]
      }
    }
  }
}

extension TileReader {
  /// The tile with most stored bytes, so most data; the middle one where sizes aren't known.
  fileprivate var fullestTile: Int {
    let counts = index?.byteCounts ?? []
    guard let most = counts.max(), let tile = counts.firstIndex(of: most) else {
      return gridShape.reduce(1, *) / 2
    }
    return tile
  }
}
