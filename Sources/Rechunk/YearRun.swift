import CF
import NetCDF
import Storage
import ZarrWriter

/// Rechunks the arrays of one year, column by column; those that are done already are left. Where
/// memory allows, the next column is read while one is written, so that the end of neither leaves
/// cores idle.
struct YearRun {
  let stack: Stack
  let year: YearPlan
  let memory: MemoryPlan
  let parser: GranuleParser
  let store: any ByteStore
  let scratchFolder: String
  let journal: Journal
  let progress: ConversionProgress

  /// What is read, held and written as one.
  private struct ColumnTask: Sendable {
    let array: Int
    let column: [Range<Int>]
  }

  private struct HeldColumn: Sendable {
    let sources: ArraySources
    let pieces: [HeldPieces]
  }

  /// - Returns: What came of each array, in the plan's order.
  func run() async throws -> [TaskRecord] {
    let (tasks, finished) = tasks()
    var results = finished
    let largestPiece =
      year.arrays.map { $0.hold.capacity($0.layout.band.reduce($0.hold.elementByteCount, *)) }.max()
      ?? 0
    let arenas = (0..<(memory.overlaps ? 2 : 1)).map { _ in
      PieceArena(
        byteCount: memory.arenaByteCount, largestPiece: largestPiece, workers: memory.threads,
        scratchFolder: scratchFolder)
    }
    // A column is recorded while the next one is written: disks and distant stores take their time.
    return try await withThrowingTaskGroup(of: Void.self) { records in
      var waiting: HeldColumn?
      for (index, task) in tasks.enumerated() {
        let arena = arenas[index % arenas.count]
        let held: HeldColumn
        if let waiting {
          held = waiting
        } else {
          held = try await read(task, into: arena, known: nil)
        }
        waiting = nil
        let written: TaskRecord
        if memory.overlaps, index + 1 < tasks.count {
          let next = tasks[index + 1]
          let free = arenas[(index + 1) % arenas.count]
          async let following = read(next, into: free, known: held.sources)
          written = try await write(task, held, arena)
          waiting = try await following
        } else {
          written = try await write(task, held, arena)
        }
        results[task.array] += written
        let isNeeded = index + arenas.count < tasks.count
        arena.clear()
        try await records.next()
        records.addTask {
          // Giving memory back takes its time, too.
          if !isNeeded { arena.release() }
          try await journal.record(written, year.arrays[task.array].spec.path, task.column)
        }
      }
      try await records.waitForAll()
      return results
    }
  }

  /// What is to be done, in order, and what an earlier run has done of each array.
  private func tasks() -> (tasks: [ColumnTask], finished: [TaskRecord]) {
    var finished = year.arrays.map { _ in TaskRecord() }
    var tasks: [ColumnTask] = []
    for (index, array) in year.arrays.enumerated() {
      for column in array.layout.columns {
        if let done = journal.finished(array.spec.path, column) {
          finished[index] += done
          progress.addResumed(decodedByteCount(of: column, array))
        } else {
          tasks.append(ColumnTask(array: index, column: column))
        }
      }
    }
    return (tasks, finished)
  }

  private func read(
    _ task: ColumnTask, into arena: PieceArena, known: ArraySources?
  ) async throws -> HeldColumn {
    let plan = year.arrays[task.array]
    let sources: ArraySources
    if let known, known.array == task.array {
      sources = known
    } else {
      sources = try await ArraySources(
        array: task.array, stack: stack, year: year, parser: parser)
    }
    let pieces = try await ColumnReader(
      plan: plan, column: task.column, sources: sources.sources, arena: arena,
      memory: memory, progress: progress
    ).read()
    progress.addSpilled(arena.spilledByteCount)
    return HeldColumn(sources: sources, pieces: pieces)
  }

  private func write(
    _ task: ColumnTask, _ held: HeldColumn, _ arena: PieceArena
  ) async throws -> TaskRecord {
    try await ColumnWriter(
      plan: year.arrays[task.array], column: task.column, steps: held.sources.steps, store: store,
      memory: memory, progress: progress
    ).write(held.pieces, segments: arena.segments())
  }

  private func decodedByteCount(of column: [Range<Int>], _ plan: ArrayPlan) -> Int {
    column.reduce(year.steps.count * (plan.variable.source.type?.byteCount ?? 1)) {
      $0 * $1.count
    }
  }
}
