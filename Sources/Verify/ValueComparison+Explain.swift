import Rechunk
import Storage
import Synchronization
import Zarr

extension ValueComparison {
  /// Chunks of a damaged object that are compared at once.
  private static let chunksAtOnce = 16

  /// Says which chunks of a damaged object can't be decoded, or else where its values differ.
  func examine(_ key: StoreKey) async {
    guard let index = arrays.firstIndex(where: { !$0.chunks(ofObject: key).isEmpty }) else {
      return
    }
    let array = arrays[index]
    let chunks = array.chunks(ofObject: key)
    var isDecodable = true
    for chunk in chunks {
      do throws(ZarrError) {
        _ = try await array.array.read(chunks: [chunk])
      } catch {
        isDecodable = false
        stored.findings.add(finding(error, of: array))
        guard case .damagedChunk = error else { return }
      }
    }
    guard isDecodable else { return }
    let before = ledger.differenceCount
    let steps = Array(sources.steps.indices)
    for start in stride(from: 0, to: chunks.count, by: Self.chunksAtOnce) {
      let patches = chunks[start..<min(start + Self.chunksAtOnce, chunks.count)].map { chunk in
        Patch(
          array: index,
          region: Array(array.metadata.grid.region(ofChunk: chunk).dropFirst()), steps: steps,
          windowCount: 0, isLost: false)
      }
      await compare(patches)
      if ledger.differenceCount > before { return }
    }
    stored.findings.add(
      Finding(
        .differs, stored.place(key.text), variable: array.name,
        "though its bytes differ, it holds the granules' values"))
  }

  /// Looks at a few of the chunks that differ at all steps, and says of values at the wrong step
  /// which one they are of.
  func explain() async {
    for (index, element) in ledger.differences(atMost: 2) {
      let array = arrays[index]
      let chunk = array.place(of: element).chunk
      let patch = Patch(
        array: index, region: Array(array.metadata.grid.region(ofChunk: chunk).dropFirst()),
        steps: Array(sources.steps.indices), windowCount: 0, isLost: false)
      guard let held = await hold([patch]).first else { continue }
      let expected = Mutex<[Int: (bytes: [UInt8], validCount: Int)]>([:])
      await examine([held]) { _, step, bytes, validCount in
        expected.withLock { $0[step] = (bytes, validCount) }
      }
      explain(held, expected.withLock { $0 })
    }
  }

  private func explain(_ held: Held, _ expected: [Int: (bytes: [UInt8], validCount: Int)]) {
    let type = arrays[held.patch.array].metadata.dataType
    for step in held.patch.steps {
      guard let own = expected[step] else { continue }
      let plane = held.plane(step)
      let mismatch = Mismatch(found: plane, expected: own.bytes, type: type)
      guard mismatch.count > 0, let first = difference(mismatch, held.patch, step) else { continue }
      let other = held.patch.steps.first { other in
        guard other != step, let theirs = expected[other], theirs.validCount > 0 else {
          return false
        }
        return Mismatch(found: plane, expected: theirs.bytes, type: type).count == 0
      }
      ledger.note(
        other.map { "they are those of \(sources.steps[$0].time)" }, array: held.patch.array,
        step: step, mismatch, first: first)
    }
  }
}
