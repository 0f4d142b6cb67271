import CF
import NetCDF
import Rechunk
import Storage
import Zarr

/// One array of a store, with what it should be.
struct StoredArray: Sendable {
  let name: String
  let variable: Manifest.Variable
  let array: ZarrArray
  /// Its shape and type are those that the sources ask for.
  let isSound: Bool

  var metadata: ArrayMetadata { array.metadata }

  /// Whether it is compared step by step.
  var isCompared: Bool {
    isSound && variable.treatment != .copied && variable.treatment != .timeCoordinate
  }

  /// Chunks along each dimension but time.
  var chunkCounts: [Int] { Array(metadata.grid.shape.dropFirst()) }

  /// The elements of a chunk, without time.
  ///
  /// - Parameter index: In C order of the chunks.
  func region(ofChunk index: Int) -> [Range<Int>] {
    var rest = index
    var coordinates = chunkCounts
    for axis in chunkCounts.indices.reversed() {
      coordinates[axis] = rest % chunkCounts[axis]
      rest /= chunkCounts[axis]
    }
    return zip(coordinates, zip(metadata.shape, metadata.chunkShape).dropFirst()).map {
      $0 * $1.1..<min(($0 + 1) * $1.1, $1.0)
    }
  }

  /// The chunk that holds an element, and the key of its object relative to the store.
  func place(of element: [Int]) -> (chunk: [Int], key: StoreKey) {
    let chunk = zip(element, metadata.chunkShape).map { $0 / $1 }
    let object = metadata.sharding.map { zip(chunk, $0.chunksPerShard).map { $0 / $1 } } ?? chunk
    return (chunk, StoreKey(literal: "\(name)/\(metadata.chunkKeyEncoding.key(ofChunk: object))"))
  }

  /// The chunks of an object, by its key relative to the store; none if it isn't this array's.
  func chunks(ofObject key: StoreKey) -> [[Int]] {
    guard key.text.hasPrefix("\(name)/") else { return [] }
    let numbers = key.text.dropFirst(name.utf8.count + 1)
      .split(whereSeparator: { $0 == "/" || $0 == "." }).filter { $0 != "c" }
    let object = numbers.compactMap { Int($0) }
    guard object.count == numbers.count, object.count == metadata.shape.count else { return [] }
    let counts = metadata.sharding?.chunksPerShard ?? object.map { _ in 1 }
    var chunks: [[Int]] = [[]]
    for axis in object.indices {
      let first = object[axis] * counts[axis]
      let end = min(first + counts[axis], metadata.grid.shape[axis])
      guard first < end else { return [] }
      chunks = chunks.flatMap { chunk in (first..<end).map { chunk + [$0] } }
    }
    return chunks
  }
}

extension ZarrError {
  /// What it is to a verification: the store's fault, or that of the way to it.
  var status: Finding.Status {
    if case .store(let error) = self {
      if case .rangeOutOfBounds = error { return .differs }
      return .unreadable
    }
    if case .notFound = self { return .missing }
    return .differs
  }
}
