import Storage

/// Reads byte ranges of one granule, those that lie near each other in one request.
struct RangeReader: Sendable {
  let source: GranuleSource

  /// - Returns: The bytes of each range, in the order of `ranges`.
  /// - Throws: ``GranuleError/Reason/damaged(_:)`` if a range reaches past the granule's end:
  ///   what asked for it read it in the granule.
  func read(_ ranges: [Range<Int>]) async throws(GranuleError.Reason) -> [[UInt8]] {
    for range in ranges where range.upperBound > source.info.byteCount {
      throw .damaged(
        "bytes \(range.lowerBound)..<\(range.upperBound) are needed, the file has "
          + "\(source.info.byteCount)")
    }
    if ranges.isEmpty { return [] }
    let parts: [[UInt8]]?
    do throws(StoreError) {
      parts = try await source.store.read(source.key, ranges: ranges)
    } catch {
      throw .storage(error)
    }
    guard let parts else { throw .absent }
    for (part, range) in zip(parts, ranges) where part.count != range.count {
      throw .storage(
        .badAnswer(
          key: source.key, location: source.store.location,
          reason: "\(range.count) bytes were asked for, \(part.count) came"))
    }
    return parts
  }

  func read(_ range: Range<Int>) async throws(GranuleError.Reason) -> [UInt8] {
    try await read([range])[0]
  }
}
