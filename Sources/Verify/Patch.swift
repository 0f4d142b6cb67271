import CF
import Rechunk
import Zarr

/// A part of an array that is compared at once.
struct Patch: Sendable {
  /// Index into the arrays compared.
  let array: Int
  /// Without time.
  let region: [Range<Int>]
  /// Ascending positions in the store.
  let steps: [Int]
  /// How many of the windows that were chosen it is; 0 if it is looked at for another reason.
  let windowCount: Int
  /// Its object isn't there, which was said already.
  let isLost: Bool

  /// The steps that are read, those between the wanted ones included: a chunk has them all.
  var span: Range<Int> { steps.isEmpty ? 0..<0 : steps[0]..<steps[steps.count - 1] + 1 }

  var elementCount: Int { region.reduce(1) { $0 * $1.count } }
}

/// Chooses what is compared.
struct PatchChoice {
  let arrays: [StoredArray]
  let stepCount: Int
  let isLost: (StoredArray, [Range<Int>]) -> Bool

  /// Bytes of a store that are compared at once.
  static let patchByteLimit = 48 << 20

  /// How many windows there are: chunks in space times steps.
  var windowCount: Int { arrays.reduce(0) { $0 + chunkCount($1) * stepCount } }

  private func chunkCount(_ array: StoredArray) -> Int { array.chunkCounts.reduce(1, *) }

  func patches(_ amount: VerificationOptions.Amount, seed: UInt64) -> [Patch] {
    let total = windowCount
    let wanted =
      switch amount {
      case .windows(let count): count
      case .percent(let percent): Int((Double(total) * percent / 100).rounded(.up))
      case .all: total
      }
    return wanted < total ? some(wanted, of: total, seed: seed) : all()
  }

  private func some(_ wanted: Int, of total: Int, seed: UInt64) -> [Patch] {
    // Taking away from all is quicker where most are wanted.
    var random = SplitMix(state: seed)
    let isInverse = wanted > total / 2
    var numbers: Set<Int> = []
    while numbers.count < (isInverse ? total - wanted : wanted) {
      numbers.insert(Int.random(in: 0..<total, using: &random))
    }
    let chosen = isInverse ? (0..<total).filter { !numbers.contains($0) } : numbers.sorted()
    var patches: [Patch] = []
    var first = 0
    var position = 0
    for (index, array) in arrays.enumerated() {
      for chunk in 0..<chunkCount(array) {
        let start = first + chunk * stepCount
        var steps: [Int] = []
        while position < chosen.count, chosen[position] < start + stepCount {
          steps.append(chosen[position] - start)
          position += 1
        }
        if steps.isEmpty { continue }
        let region = array.region(ofChunk: chunk)
        patches.append(
          Patch(
            array: index, region: region, steps: steps, windowCount: steps.count,
            isLost: isLost(array, region)))
      }
      first += chunkCount(array) * stepCount
    }
    return patches
  }

  private func all() -> [Patch] {
    arrays.indices.flatMap { index -> [Patch] in
      let array = arrays[index]
      let whole = array.metadata.shape.dropFirst().map { 0..<$0 }
      let chunk = Array(array.metadata.chunkShape.dropFirst())
      let steps = Array(0..<stepCount)
      let cells = regions(of: cell(of: array), within: whole)
      return cells.flatMap { cell in
        // Lost objects are told apart from the others, chunk by chunk.
        let parts = isLost(array, cell) ? regions(of: chunk, within: cell) : [cell]
        return parts.map { part in
          let chunks = zip(part, chunk).reduce(1) { $0 * (($1.0.count + $1.1 - 1) / $1.1) }
          return Patch(
            array: index, region: part, steps: steps, windowCount: chunks * stepCount,
            isLost: isLost(array, part))
        }
      }
    }
  }

  /// As many chunks side by side as may be held, so that a granule is asked for few large windows.
  private func cell(of array: StoredArray) -> [Int] {
    var cell = Array(array.metadata.chunkShape.dropFirst())
    let shape = Array(array.metadata.shape.dropFirst())
    let outer = array.metadata.shardShape.map { Array($0.dropFirst()) } ?? shape
    let elementLimit = Self.patchByteLimit / (max(1, stepCount) * array.metadata.dataType.byteCount)
    for axis in cell.indices.reversed() {
      let others = cell.reduce(1, *) / cell[axis]
      let fitting = max(1, elementLimit / max(1, others * cell[axis]))
      let most = max(1, min(outer[axis], shape[axis] + cell[axis] - 1) / cell[axis])
      cell[axis] *= min(fitting, most)
    }
    return cell
  }
}

/// A small generator of numbers, the same for the same seed.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
