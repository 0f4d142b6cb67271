internal import CF
internal import NetCDF
internal import Storage
internal import Zarr

/// Checks sets against the files they lead to: that every range lies in its file, that chunks
/// decode, and that their values are those that another reader finds there.
public struct ReferenceCheck: Sendable {
  /// What was found; nothing is wrong if there are no problems.
  public struct Report: Sendable {
    public var setCount = 0
    /// Ranges that lie in their files.
    public var rangeCount = 0
    /// Chunks that decode.
    public var decodedCount = 0
    /// Of those, the ones that were compared with libnetcdf's values.
    public var comparedCount = 0
    /// Arrays whose type or codecs this program can't read, though others may.
    public var unreadable: [String] = []
    public var problems: [String] = []
  }

  private let targets: ReferenceTargets
  private let sampleCount: Int

  /// - Parameter sampleCount: How many chunks of each array are decoded and compared.
  public init(targets: ReferenceTargets, sampleCount: Int) {
    self.targets = targets
    self.sampleCount = sampleCount
  }

  /// - Parameter progress: Called with the number of sets done so far.
  public func run(
    _ sources: [ReferenceSource], progress: @Sendable (Int) -> Void = { _ in }
  ) async -> Report {
    var report = Report()
    for source in sources {
      do throws(ReferenceError) {
        try await check(source, &report)
      } catch {
        report.problems.append("\(error)")
      }
      report.setCount += 1
      progress(report.setCount)
    }
    return report
  }

  private func check(
    _ source: ReferenceSource, _ report: inout Report
  ) async throws(ReferenceError) {
    let set = try await source.open()
    let pins = try await source.pins()
    if pins != nil { try await source.checkSources(of: set, targets: targets) }
    // Inline chunks say nothing of where they come from; in a set of one granule it is clear.
    let sources = Set(set.targets + (pins ?? []).map(\.url))
    let only = sources.count == 1 ? sources.first : nil
    var sizes: [Int: Int] = [:]
    for (number, target) in set.targets.enumerated() {
      do {
        guard let info = try await targets.info(target) else {
          report.problems.append("\(set.location): \(target) is gone")
          continue
        }
        sizes[number] = info.byteCount
      } catch {
        report.problems.append("\(set.location): \(error)")
      }
    }
    for name in set.arrayNames { await check(name, of: set, sizes, only, &report) }
  }

  private func check(
    _ name: String, of set: ReferenceSet, _ sizes: [Int: Int], _ only: String?,
    _ report: inout Report
  ) async {
    let array: ZarrArray
    do { array = try set.array(name, targets: targets) } catch {
      if case .zarr(_, .unsupported) = error {
        report.unreadable.append("\(error)")
      } else {
        report.problems.append("\(error)")
      }
      return
    }
    var chunks: [(chunk: [Int], target: Int?)] = []
    set.forEachReference(of: name) { chunk, reference in
      var target: Int?
      if case .bytes(let number, let range) = reference {
        target = number
        if let size = sizes[number] {
          if range.upperBound <= size {
            report.rangeCount += 1
          } else {
            report.problems.append(
              "\(set.location): \(name), chunk \(chunk): bytes \(range) of \(set.targets[number]), "
                + "which has \(size)")
          }
        }
      }
      chunks.append((chunk, target))
    }
    let shape = array.metadata.grid.shape
    chunks.removeAll { chunk, _ in
      chunk.count != shape.count || !zip(chunk, shape).allSatisfy { $0 < $1 }
    }
    // The first step of each file in the combined array.
    var starts: [Int: [Int]] = [:]
    for (chunk, target) in chunks {
      guard let target else { continue }
      starts[target] = starts[target].map { zip($0, chunk).map(min) } ?? chunk
    }
    let stride = max(1, chunks.count / max(1, sampleCount))
    for index in Swift.stride(from: 0, to: chunks.count, by: stride) {
      let (chunk, target) = chunks[index]
      do {
        guard let bytes = try await array.read(chunks: [chunk]).first?.bytes else { continue }
        report.decodedCount += 1
        guard let path = target.map({ set.targets[$0] }) ?? only else { continue }
        let start = target.flatMap { starts[$0] }
        if try isEqual(bytes, chunk, array, in: path, first: start) {
          report.comparedCount += 1
        }
      } catch {
        report.problems.append("\(set.location): \(name), chunk \(chunk): \(error)")
      }
    }
  }

  /// Compares a chunk with what libnetcdf reads at its place.
  ///
  /// - Parameter first: The chunk of the array that the file begins with; `nil` if the set doesn't
  ///   say which file an inline chunk is of.
  /// - Returns: Whether it could be compared: libnetcdf reads local files only.
  private func isEqual(
    _ bytes: [UInt8], _ chunk: [Int], _ array: ZarrArray, in target: String, first: [Int]?
  ) throws -> Bool {
    let (store, key) = try targets.find(target)
    guard let path = store.localPath(of: key) else { return false }
    let metadata = array.metadata
    let whole = metadata.grid.region(ofChunk: chunk)
    // Along time, the first file's steps come first: only there a file begins elsewhere than 0.
    let shape = try LibNetCDF.dimensions(path: path, variable: array.path).map(\.length)
    // What was combined of several files isn't this one's.
    if first == nil, shape != metadata.shape { return false }
    guard shape.count == whole.count else { throw ReferenceCheckError.otherShape(shape) }
    var region: [Range<Int>] = []
    for axis in whole.indices {
      let isConcatenated = metadata.shape[axis] != shape[axis]
      let shift = isConcatenated ? (first?[axis] ?? 0) * metadata.chunkShape[axis] : 0
      let start = whole[axis].lowerBound - shift
      let end = min(whole[axis].upperBound - shift, shape[axis])
      guard start >= 0, start < end else { throw ReferenceCheckError.otherShape(shape) }
      region.append(start..<end)
    }
    let expected = try LibNetCDF.values(path: path, variable: array.path, region: region)
    let size = metadata.dataType.byteCount
    guard expected.count == region.reduce(size, { $0 * $1.count }) else {
      throw ReferenceCheckError.otherType
    }
    var found = [UInt8](repeating: 0, count: expected.count)
    let source = Box(shape: metadata.chunkShape, elementSize: size)
    let box = Box(shape: region.map(\.count), elementSize: size)
    bytes.withUnsafeBytes { bytes in
      found.withUnsafeMutableBytes { found in
        source.copy(
          region.map { 0..<$0.count }, from: bytes, to: box, at: region.map { _ in 0 }, found)
      }
    }
    guard found == expected else { throw ReferenceCheckError.valuesDiffer(path: path) }
    return true
  }
}

/// What a check found wrong with a chunk.
public enum ReferenceCheckError: Error, Hashable, Sendable, CustomStringConvertible {
  case valuesDiffer(path: String)
  case otherShape([Int])
  case otherType

  public var description: String {
    switch self {
    case .valuesDiffer(let path): "its values aren't those that libnetcdf reads in \(path)"
    case .otherShape(let shape): "its file has the shape \(shape)"
    case .otherType: "its file has numbers of another size"
    }
  }
}
