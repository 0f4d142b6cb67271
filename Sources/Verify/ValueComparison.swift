import CF
import NetCDF
import Rechunk
import Storage
import Zarr

/// Compares arrays with granules, value by value.
struct ValueComparison: Sendable {
  let stored: StoredYear
  let sources: YearSources
  let library: SourceLibrary
  let arrays: [StoredArray]
  /// Objects that aren't there.
  let lost: Set<StoreKey>
  let width: Int
  let progress: VerificationProgress
  let ledger: Ledger
  private let timeDimension: String?

  /// Bytes of a store that are held at once.
  private static let batchByteLimit = 192 << 20
  /// Bytes that a granule is asked for at once.
  private static let answerByteLimit = 64 << 20

  init(
    stored: StoredYear, sources: YearSources, library: SourceLibrary, arrays: [StoredArray],
    lost: Set<StoreKey>, width: Int, progress: VerificationProgress
  ) {
    self.stored = stored
    self.sources = sources
    self.library = library
    self.arrays = arrays
    self.lost = lost
    self.width = width
    self.progress = progress
    ledger = Ledger(arrays: arrays)
    let witness = sources.members.compactMap(\.self).first?.witness
    timeDimension = witness.flatMap { ArrayMetadataCheck.timeDimension($0, stored.timeName) }
  }

  /// Compares as much as is asked for.
  func compare(_ amount: VerificationOptions.Amount, seed: UInt64) async {
    let origins = lostOrigins()
    let choice = PatchChoice(
      arrays: arrays, stepCount: sources.steps.count,
      isLost: { array, region in
        origins[array.name]?.contains { zip($0, region).allSatisfy { $1.contains($0) } } == true
      })
    let patches = choice.patches(amount, seed: seed)
    progress.begin(
      VerificationProgress.comparing, total: patches.reduce(0) { $0 + $1.windowCount })
    await compare(patches)
  }

  /// The first elements, without time, of all chunks that aren't there, by their arrays' names.
  private func lostOrigins() -> [String: [[Int]]] {
    var origins: [String: [[Int]]] = [:]
    for array in arrays {
      for key in lost {
        origins[array.name, default: []] += array.chunks(ofObject: key).map { chunk in
          Array(zip(chunk, array.metadata.chunkShape).map { $0 * $1 }.dropFirst())
        }
      }
    }
    return origins
  }

  func compare(_ patches: [Patch]) async {
    var batch: [Patch] = []
    var byteCount = 0
    for patch in patches {
      let bytes =
        patch.elementCount * patch.span.count * arrays[patch.array].metadata.dataType.byteCount
      if !batch.isEmpty, byteCount + bytes > Self.batchByteLimit {
        await compareBatch(batch)
        (batch, byteCount) = ([], 0)
      }
      batch.append(patch)
      byteCount += bytes
    }
    if !batch.isEmpty { await compareBatch(batch) }
  }

  /// What a store holds of a patch.
  struct Held: Sendable {
    let patch: Patch
    /// All steps of ``Patch/span``.
    let bytes: [UInt8]
    let planeByteCount: Int

    func plane(_ step: Int) -> ArraySlice<UInt8> {
      let start = (step - patch.span.lowerBound) * planeByteCount
      return bytes[start..<start + planeByteCount]
    }
  }

  private func compareBatch(_ patches: [Patch]) async {
    await examine(await hold(patches)) { held, step, expected, inSource in
      record(held, step, expected, inSource)
    }
    progress.add(patches.reduce(0) { $0 + $1.windowCount })
  }

  /// Reads patches out of the store; what can't be read is a finding.
  func hold(_ patches: [Patch]) async -> [Held] {
    await withTaskGroup(of: Held?.self) { group in
      var held: [Held] = []
      var waiting = patches[...]
      for _ in 0..<width {
        if let patch = waiting.popFirst() { group.addTask { await hold(patch) } }
      }
      while let result = await group.next() {
        if let result { held.append(result) }
        if let patch = waiting.popFirst() { group.addTask { await hold(patch) } }
      }
      return held
    }
  }

  private func hold(_ patch: Patch) async -> Held? {
    let array = arrays[patch.array]
    do throws(ZarrError) {
      let bytes = try await array.array.read([patch.span] + patch.region, concurrency: 2)
      return Held(
        patch: patch, bytes: bytes,
        planeByteCount: patch.elementCount * array.metadata.dataType.byteCount)
    } catch {
      stored.findings.add(finding(error, of: array))
      return nil
    }
  }

  func finding(_ error: ZarrError, of array: StoredArray) -> Finding {
    guard case .damagedChunk(let key, let chunk, let reason) = error else {
      return Finding(error.status, stored.place(array.name), variable: array.name, "\(error)")
    }
    let region = array.metadata.grid.region(ofChunk: chunk).dropFirst()
    return Finding(
      .differs, stored.place(key.text), variable: array.name,
      "chunk \(chunk), elements \(region.map { "\($0.lowerBound)..<\($0.upperBound)" }.joined(separator: ", ")) "
        + "of all steps, can't be decoded: \(reason)")
  }

  /// One step of a patch.
  private struct Wanted: Sendable {
    let held: Held
    let step: Int
    let window: Window
    let rule: ValueRule
    let byteCount: Int
  }

  /// Asks granules for what the store should hold.
  ///
  /// - Parameter body: Called with a patch, a step, the bytes that the store must hold, and how
  ///   many of the granule's numbers are values; from several tasks at once.
  func examine(
    _ held: [Held], _ body: @escaping @Sendable (Held, Int, [UInt8], Int) -> Void
  ) async {
    var wanted: [Int: [Wanted]] = [:]
    for one in held {
      let array = arrays[one.patch.array]
      for step in one.patch.steps {
        let place = sources.steps[step]
        guard let index = place.index, let member = sources.members[place.member] else { continue }
        guard let variable = member.witness.variable(array.name) else {
          let fill = FillRun(array.metadata).bytes(one.planeByteCount)
          body(one, step, fill, 0)
          continue
        }
        guard let type = variable.type else { continue }
        let hasTime = variable.dimensions.contains { $0.name == timeDimension }
        wanted[place.member, default: []].append(
          Wanted(
            held: one, step: step,
            window: Window(
              variable: array.name,
              region: (hasTime ? [index..<index + 1] : []) + one.patch.region),
            rule: ValueRule(array.variable.treatment, source: variable, array: array.metadata),
            byteCount: one.patch.elementCount * type.byteCount))
      }
    }
    await withTaskGroup(of: Void.self) { group in
      var waiting = wanted.sorted { $0.key < $1.key }[...]
      func start() {
        guard let (member, windows) = waiting.popFirst() else { return }
        group.addTask { await ask(member, windows, body) }
      }
      for _ in 0..<width { start() }
      while await group.next() != nil { start() }
    }
  }

  private func ask(
    _ member: Int, _ wanted: [Wanted], _ body: @Sendable (Held, Int, [UInt8], Int) -> Void
  ) async {
    guard let entry = sources.members[member] else { return }
    var waiting = wanted[...]
    while !waiting.isEmpty {
      var part: [Wanted] = []
      var byteCount = 0
      while let next = waiting.first,
        part.isEmpty || byteCount + next.byteCount <= Self.answerByteLimit
      {
        part.append(next)
        byteCount += next.byteCount
        waiting.removeFirst()
      }
      do throws(GranuleError) {
        let answers = try await library.parser.witnessed(part.map(\.window), in: entry.source)
        for (one, bytes) in zip(part, answers) {
          let (expected, inSource) = one.rule.expected(bytes)
          guard expected.count == one.held.planeByteCount else {
            stored.findings.add(
              Finding(
                .unreadable, entry.source.location, variable: one.window.variable,
                "it gave \(expected.count) bytes where \(one.held.planeByteCount) are needed"))
            continue
          }
          body(one.held, one.step, expected, inSource)
        }
      } catch {
        stored.findings.add(Finding(.unreadable, entry.source.location, "\(error.reason)"))
        return
      }
    }
  }

  private func record(_ held: Held, _ step: Int, _ expected: [UInt8], _ inSource: Int) {
    let patch = held.patch
    let metadata = arrays[patch.array].metadata
    let mismatch = Mismatch(found: held.plane(step), expected: expected, type: metadata.dataType)
    let windows = patch.windowCount / max(1, patch.steps.count)
    guard windows > 0 else {
      // Looked at for another reason than that it was chosen.
      if let first = difference(mismatch, patch, step) {
        ledger.note(nil, array: patch.array, step: step, mismatch, first: first)
      }
      return
    }
    guard mismatch.count > 0 else {
      ledger.record(
        array: patch.array, step: step, windows: windows, compared: patch.elementCount,
        inStore: inSource, inSource: inSource)
      return
    }
    let inStore = FillRun(metadata).validCount(held.plane(step))
    ledger.record(
      array: patch.array, step: step, windows: windows, compared: patch.elementCount,
      inStore: patch.isLost ? 0 : inStore, inSource: inSource,
      different: patch.isLost ? 0 : mismatch.count,
      first: patch.isLost ? nil : difference(mismatch, patch, step))
  }

  func difference(_ mismatch: Mismatch, _ patch: Patch, _ step: Int) -> Ledger.Difference? {
    guard let first = mismatch.first else { return nil }
    let type = arrays[patch.array].metadata.dataType
    let place = position(of: first, in: patch.region.map(\.count))
    return Ledger.Difference(
      element: [step] + zip(place, patch.region).map { $0 + $1.lowerBound },
      found: type.text(mismatch.foundBits), expected: type.text(mismatch.expectedBits))
  }
}

/// The numbers of an array that stand for “no value”.
struct FillRun {
  private let type: DataType
  private let fillBits: UInt64
  private let missing: [UInt64]

  init(_ metadata: ArrayMetadata) {
    type = metadata.dataType
    fillBits = metadata.fillBits ?? metadata.maskedFillBits ?? 0
    missing = metadata.packing.missing
  }

  func bytes(_ byteCount: Int) -> [UInt8] {
    let element = withUnsafeBytes(of: fillBits.littleEndian) { Array($0.prefix(type.byteCount)) }
    return (0..<byteCount / type.byteCount).flatMap { _ in element }
  }

  func validCount(_ bytes: ArraySlice<UInt8>) -> Int {
    stride(from: bytes.startIndex, to: bytes.endIndex, by: type.byteCount).count { start in
      let bits = bytes[start..<start + type.byteCount].reversed().reduce(UInt64(0)) {
        $0 << 8 | UInt64($1)
      }
      if missing.contains(bits) { return false }
      if case .real(let value) = type.number(bits), value.isNaN { return false }
      return true
    }
  }
}
