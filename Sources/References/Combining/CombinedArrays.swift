internal import CF
internal import NetCDF
internal import Zarr

/// The arrays of several granules put one after the other along time.
struct CombinedArrays {
  /// What is read of arrays that have only time, to make one chunk of them.
  private static let seriesByteLimit = 1 << 24

  private let first: CombineMember
  private let parser: GranuleParser
  /// Of the root group: those that all granules share.
  private(set) var attributes: JSONObject = [:]
  private(set) var leftOut: [String] = []
  private var arrays: [ArrayReferences] = []
  /// Values of arrays that have only time.
  private var series: [String: [UInt8]] = [:]
  /// Values of arrays without time in the first granule, where they were needed.
  private var fixed: [String: [UInt8]] = [:]
  private var firstResult: ReferenceBuilder.Result?
  private var memberCount = 0
  private var stepCount = 0

  init(_ first: CombineMember, parser: GranuleParser) {
    self.first = first
    self.parser = parser
  }

  private var timeDimension: String { first.timeDimension }

  private func isSeries(_ array: ArrayReferences) -> Bool { array.dimensions == [timeDimension] }

  /// Adds the granule that comes next in time.
  mutating func append(
    _ result: ReferenceBuilder.Result, _ member: CombineMember
  ) async throws(ReferenceError) {
    let location = result.source.location
    let own = result.granule.attributesObject
    if firstResult == nil {
      firstResult = result
      arrays = result.arrays
      attributes = own
    } else {
      attributes = JSONObject(
        attributes.members.filter { own[$0.name] == $0.value }.map { ($0.name, $0.value) })
    }
    leftOut += result.leftOut.map(\.description).filter { !leftOut.contains($0) }
    let names = Set(result.arrays.map(\.name))
    arrays.removeAll { !names.contains($0.name) }
    for number in arrays.indices {
      guard let array = result.arrays.first(where: { $0.name == arrays[number].name }) else {
        continue
      }
      if isSeries(array) {
        try await appendSeries(array, result)
      } else if let axis = array.dimensions.firstIndex(of: timeDimension) {
        try append(array, to: number, axis, location, steps: member.instants.count)
      } else if memberCount > 0 {
        try await compareFixed(array, arrays[number], result)
      }
    }
    memberCount += 1
    stepCount += member.instants.count
  }

  private mutating func append(
    _ array: ArrayReferences, to number: Int, _ axis: Int, _ location: String, steps: Int
  ) throws(ReferenceError) {
    let chunkSteps = array.chunkShape[axis]
    guard stepCount % chunkSteps == 0, array.chunkShape == arrays[number].chunkShape,
      array.filters == arrays[number].filters, array.typeName == arrays[number].typeName
    else {
      throw .combine(
        .partialChunks(
          variable: array.name, granule: location, steps: steps, chunkSteps: chunkSteps))
    }
    if memberCount == 0 { return }
    let moved = array.chunks.map { chunk in
      var chunk = chunk
      chunk.coordinates[axis] += stepCount / chunkSteps
      chunk.target = memberCount
      return chunk
    }
    arrays[number].chunks += moved
    arrays[number].shape[axis] = stepCount + steps
  }

  private func values(
    of name: String, _ result: ReferenceBuilder.Result
  ) async throws(ReferenceError) -> [UInt8] {
    guard let variable = result.granule.variable(name) else {
      throw .noArray(location: result.source.location, name: name)
    }
    do {
      return try await parser.values(
        of: variable, in: result.granule, from: result.source,
        region: variable.shape.map { 0..<$0 })
    } catch { throw .granule(error) }
  }

  private mutating func appendSeries(
    _ array: ArrayReferences, _ result: ReferenceBuilder.Result
  ) async throws(ReferenceError) {
    let bytes = try await values(of: array.name, result)
    series[array.name, default: []] += bytes
    guard series[array.name, default: []].count <= Self.seriesByteLimit else {
      throw .tooLarge(
        location: result.source.location, what: "bytes of \(array.name) in one set",
        limit: Self.seriesByteLimit)
    }
  }

  /// Arrays without time must be the same in all granules; coordinates within the tolerance that
  /// makes two grids one.
  private mutating func compareFixed(
    _ array: ArrayReferences, _ known: ArrayReferences, _ result: ReferenceBuilder.Result
  ) async throws(ReferenceError) {
    let isInline = array.chunks.allSatisfy { if case .inline = $0.bytes { true } else { false } }
    if isInline, array.chunks == known.chunks, array.filters == known.filters { return }
    guard let firstResult else { return }
    let other = try await values(of: array.name, result)
    if fixed[array.name] == nil {
      fixed[array.name] = try await values(of: array.name, firstResult)
    }
    let variable = result.granule.variable(array.name)
    guard
      Self.isSame(
        fixed[array.name] ?? [], other, variable?.dataType,
        tolerance: variable?.isCoordinate == true ? 1e-5 : 0)
    else {
      throw .combine(
        .fixedDiffers(
          variable: array.name, first: firstResult.source.location,
          second: result.source.location))
    }
  }

  private static func isSame(
    _ left: [UInt8], _ right: [UInt8], _ type: DataType?, tolerance: Double
  ) -> Bool {
    if left == right { return true }
    guard tolerance > 0, let type, type.isFloatingPoint, left.count == right.count else {
      return false
    }
    func number(_ bytes: [UInt8], _ start: Int) -> Double {
      type.real(
        bytes[start..<start + type.byteCount].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
    return stride(from: 0, to: left.count, by: type.byteCount).allSatisfy {
      abs(number(left, $0) - number(right, $0)) <= tolerance
    }
  }

  /// All arrays; those that have only time as one inline chunk each.
  func finish() -> [ArrayReferences] {
    arrays.map { array in
      guard let bytes = series[array.name] else { return array }
      var array = array
      array.shape = [stepCount]
      array.chunkShape = [stepCount]
      array.filters = []
      if array.typeName.hasPrefix(">") { array.typeName = "<" + array.typeName.dropFirst() }
      array.chunks = [ArrayReferences.Chunk(coordinates: [0], bytes: .inline(bytes))]
      return array
    }
  }
}
