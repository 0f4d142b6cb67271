import CF
import References
import Storage
import Zarr

/// Knows which files a reference set leads to.
struct ReferenceLedger: StepLedger {
  let references: ReferenceSet
  let targets: ReferenceTargets

  func origins(
    of variable: String, at instants: [TimeInstant], location: String
  ) async throws(DrillError) -> [StepOrigin] {
    var files = [Int?](repeating: nil, count: instants.count)
    let metadata: ArrayMetadata
    do { metadata = try references.metadata(of: variable) } catch { throw .references(error) }
    let time = metadata.dimensionNames?.firstIndex { $0.lowercased() == "time" } ?? 0
    references.forEachReference(of: variable) { chunk, reference in
      guard chunk.count == metadata.shape.count, let target = reference.target else { return }
      let start = chunk[time] * metadata.chunkShape[time]
      for step in start..<min(start + metadata.chunkShape[time], instants.count) {
        files[step] = target
      }
    }
    // A variable that is all fill has no chunks; a set of one file still says where it was.
    let only = references.targets.count == 1 ? 0 : nil
    var etags: [Int: String] = [:]
    for file in Set(files.compactMap { $0 ?? only }) {
      do throws(StoreError) {
        etags[file] = try await targets.info(references.targets[file])?.etag
      } catch { throw .store(error) }
    }
    return files.map { file in
      guard let file = file ?? only else { return StepOrigin(location: location, etag: "") }
      return StepOrigin(location: references.targets[file], etag: etags[file] ?? "")
    }
  }
}

extension ChunkReference {
  fileprivate var target: Int? {
    switch self {
    case .inline: nil
    case .bytes(let target, _), .whole(let target): target
    }
  }
}

extension ZarrSeries {
  /// Opens a reference set as a source.
  ///
  /// - Parameters:
  ///   - wanted: The variables that will be asked for; `nil` for all.
  ///   - pinned: Demand that the files it leads to are what they were when it was made.
  static func open(
    _ source: ReferenceSource, wanted: Set<String>?, targets: ReferenceTargets, pinned: Bool
  ) async throws(DrillError) -> ZarrSeries {
    let references: ReferenceSet
    do throws(ReferenceError) {
      references = try await source.open(arrays: wanted)
      if pinned { try await source.checkSources(of: references, targets: targets) }
    } catch { throw .references(error) }
    return try await ZarrSeries(
      references.arrayNames.map { name in
        (
          name,
          Result { () throws(ReferenceError) in try references.array(name, targets: targets) }
        )
      }, location: source.location,
      ledger: ReferenceLedger(references: references, targets: targets))
  }
}
