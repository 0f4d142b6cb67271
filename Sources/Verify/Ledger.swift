import Storage
import Synchronization
import Zarr

/// What the comparison of values has seen so far, step by step.
final class Ledger: Sendable {
  struct Key: Hashable {
    let array: Int
    let step: Int
  }

  struct Difference: Sendable {
    /// The first value that differs.
    let element: [Int]
    let found: String
    let expected: String
  }

  private struct Entry {
    var compared = 0
    var different = 0
    var inStore = 0
    var inSource = 0
    var first: Difference?
    var note: String?
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    var windowCount = 0
  }

  private let arrays: [StoredArray]
  private let state = Mutex(State())

  init(arrays: [StoredArray]) { self.arrays = arrays }

  var windowCount: Int { state.withLock { $0.windowCount } }
  var comparedCount: Int { state.withLock { $0.entries.values.reduce(0) { $0 + $1.compared } } }
  var differenceCount: Int { state.withLock { $0.entries.values.reduce(0) { $0 + $1.different } } }

  /// - Parameter windows: How many of those that were chosen this is.
  func record(
    array: Int, step: Int, windows: Int, compared: Int, inStore: Int, inSource: Int,
    different: Int = 0, first: Difference? = nil
  ) {
    state.withLock { state in
      state.windowCount += windows
      var entry = state.entries[Key(array: array, step: step)] ?? Entry()
      entry.compared += compared
      entry.different += different
      entry.inStore += inStore
      entry.inSource += inSource
      entry.first = entry.first ?? first
      state.entries[Key(array: array, step: step)] = entry
    }
  }

  /// What is known besides about a step that differs. It doesn't count as compared.
  func note(_ note: String?, array: Int, step: Int, _ mismatch: Mismatch, first: Difference) {
    state.withLock { state in
      var entry = state.entries[Key(array: array, step: step)] ?? Entry()
      if entry.different == 0 { entry.different = mismatch.count }
      entry.first = entry.first ?? first
      entry.note = entry.note ?? note
      state.entries[Key(array: array, step: step)] = entry
    }
  }

  /// Some elements that differ, of each array that has any.
  func differences(atMost limit: Int) -> [(array: Int, element: [Int])] {
    let entries = state.withLock { $0.entries }
    var found: [(array: Int, element: [Int])] = []
    for (key, entry) in entries.sorted(by: {
      ($0.key.array, $0.key.step) < ($1.key.array, $1.key.step)
    }) {
      guard let first = entry.first, found.count(where: { $0.array == key.array }) < limit else {
        continue
      }
      found.append((key.array, first.element))
    }
    return found
  }

  func validity(steps: [YearSources.Step]) -> [YearReport.Validity] {
    state.withLock { $0.entries }
      .filter { $0.value.compared > 0 }
      .sorted { ($0.key.array, $0.key.step) < ($1.key.array, $1.key.step) }
      .map { key, entry in
        YearReport.Validity(
          variable: arrays[key.array].name, time: steps[key.step].time, compared: entry.compared,
          inStore: entry.inStore, inSource: entry.inSource)
      }
  }

  /// Makes findings of the steps that differ.
  func report(to stored: StoredYear, steps: [YearSources.Step]) {
    let entries = state.withLock { $0.entries }
    for (key, entry) in entries.sorted(by: {
      ($0.key.array, $0.key.step) < ($1.key.array, $1.key.step)
    }) {
      guard let first = entry.first else { continue }
      let array = arrays[key.array]
      let (chunk, object) = array.place(of: first.element)
      let share =
        entry.compared >= entry.different
        ? "\(entry.different) of \(entry.compared) values compared" : "\(entry.different) values"
      var finding = Finding(
        .differs, stored.place(object.text), variable: array.name, time: steps[key.step].time,
        "\(share) aren't the granule's, the first in chunk \(chunk), at \(first.element): "
          + "\(first.found) instead of \(first.expected)" + (entry.note.map { "; \($0)" } ?? ""))
      finding.element = first.element
      finding.found = first.found
      finding.expected = first.expected
      stored.findings.add(finding)
    }
  }
}
