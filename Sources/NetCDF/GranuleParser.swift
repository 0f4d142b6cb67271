import Storage

/// Parses headers and reads unusual storage.
///
/// libhdf5 runs in child processes, so that a damaged or hostile granule costs itself alone, and
/// several parse at the same time in spite of the library's one lock.
public final class GranuleParser: Sendable {
  private let threads: ParserThreads

  /// - Parameters:
  ///   - executable: A program whose `granule-worker` argument runs ``GranuleWorker``; `nil`
  ///     parses in this process, which a hostile granule can then end, one at a time, and reads
  ///     granules that aren't local files whole.
  ///   - workers: How many granules are parsed at the same time, at least 1.
  ///   - deadlineSeconds: What a child may take for one request, not counting the store's part.
  public init(executable: String?, workers: Int, deadlineSeconds: Double) {
    precondition(workers >= 1 && deadlineSeconds > 0, "at least one worker, and time for it")
    threads = ParserThreads(
      executable: executable, threadLimit: workers, deadlineSeconds: deadlineSeconds)
  }

  deinit { threads.close() }

  /// Reads what a granule says of itself.
  ///
  /// Granules that aren't local files are parsed while their bytes come in; their first 256 KiB
  /// are read at once, before a worker is taken.
  public func header(of source: GranuleSource) async throws(GranuleError) -> Granule {
    do throws(GranuleError.Reason) {
      let answer = try await answer(.header(name: source.key.name), source)
      var reader = WireReader(answer[...])
      do throws(WireReader.Malformed) {
        return try reader.granule()
      } catch {
        throw GranuleError.Reason.noParser("it gave a malformed header")
      }
    } catch {
      throw GranuleError(location: source.location, reason: error)
    }
  }

  /// Finds out where the tiles of a variable are.
  ///
  /// - Parameter variable: One of the granule's.
  /// - Throws: also if the granule can't be what the header was read from.
  public func tiles(
    of variable: Variable, in granule: Granule, from source: GranuleSource
  ) async throws(GranuleError) -> TileReader {
    do throws(GranuleError.Reason) {
      guard granule.byteCount == source.info.byteCount else {
        throw .damaged(
          "it has \(source.info.byteCount) bytes now, it had \(granule.byteCount) when its header "
            + "was read")
      }
      return TileReader(
        variable: variable, index: try await index(of: variable, source),
        source: source, parser: self)
    } catch {
      throw GranuleError(location: source.location, variable: variable.name, reason: error)
    }
  }

  private func index(
    of variable: Variable, _ source: GranuleSource
  ) async throws(GranuleError.Reason) -> ChunkIndex? {
    switch variable.layout.place {
    case .chunks(.tree(let offset, let addressSize, let base)):
      return try await ChunkTree(
        reader: RangeReader(source: source), variable: variable, root: offset,
        addressSize: addressSize, base: base
      ).index()
    case .chunks(.library):
      let answer = try await answer(.chunks(variable), source)
      var reader = WireReader(answer[...])
      let entries: [ChunkEntry]
      do throws(WireReader.Malformed) {
        entries = try reader.list { reader throws(WireReader.Malformed) in
          ChunkEntry(
            start: try reader.integers(), offset: try reader.integer(),
            byteCount: try reader.integer(),
            filterMask: UInt32(truncatingIfNeeded: try reader.bits()))
        }
      } catch {
        throw .noParser("it gave a malformed chunk index")
      }
      var index = try ChunkIndex(of: variable, fileByteCount: source.info.byteCount)
      for entry in entries { try index.insert(entry) }
      return index
    case .contiguous, .records, .unallocated, .library: return nil
    }
  }

  /// Reads a region through libhdf5.
  func libraryValues(
    of variable: Variable, source: GranuleSource, region: [Range<Int>]
  ) async throws(GranuleError.Reason) -> [UInt8] {
    guard let elementByteCount = variable.elementByteCount else {
      throw .unsupported("its type is \(variable.type)")
    }
    var byteCount = elementByteCount
    for range in region {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: range.count)
      guard !overflow, product <= GranuleRequest.answerByteLimit else {
        throw .unsupported("a tile of more than \(GranuleRequest.answerByteLimit) bytes")
      }
      byteCount = product
    }
    let bytes = try await answer(.values(variable, region: region), source)
    guard bytes.count == byteCount else { throw .noParser("it gave \(bytes.count) bytes") }
    return bytes
  }

  func answer(
    _ request: GranuleRequest, _ source: GranuleSource
  ) async throws(GranuleError.Reason) -> [UInt8] {
    let byteCount = source.info.byteCount
    let reader = RangeReader(source: source)
    let origin: Message.Origin
    if let path = source.store.localPath(of: source.key) {
      origin = .path(path)
    } else if byteCount == 0 {
      origin = .head([])
    } else {
      origin = .head(try await reader.read(0..<min(byteCount, BlockBytes.blockByteCount)))
    }
    let result = await withCheckedContinuation { continuation in
      threads.submit(
        ParserThreads.Job(
          request: request, byteCount: byteCount, origin: origin, reader: reader,
          done: { continuation.resume(returning: $0) }))
    }
    return try result.get()
  }
}
