import Dispatch
import Foundation
import Synchronization

/// Threads that parse granules, each with a process of its own or in this one.
///
/// Parsing blocks, which has no place on the threads of Swift's tasks; and a process ends with
/// the thread that started it.
final class ParserThreads: Sendable {
  struct Job: Sendable {
    let request: GranuleRequest
    let byteCount: Int
    let origin: Message.Origin
    /// Reads bytes that the head hasn't.
    let reader: RangeReader
    let done: @Sendable (Result<[UInt8], GranuleError.Reason>) -> Void
  }

  private struct State {
    var jobs: [Job] = []
    var threadCount = 0
    var idleCount = 0
    var isClosed = false
  }

  private let executable: String?
  private let threadLimit: Int
  private let deadlineSeconds: Double
  private let state = Mutex(State())
  /// Signalled once for each job, and for each thread at the end.
  private let work = DispatchSemaphore(value: 0)

  init(executable: String?, threadLimit: Int, deadlineSeconds: Double) {
    self.executable = executable
    self.threadLimit = threadLimit
    self.deadlineSeconds = deadlineSeconds
  }

  func submit(_ job: Job) {
    let needsThread = state.withLock { state in
      state.jobs.append(job)
      guard state.jobs.count > state.idleCount, state.threadCount < threadLimit else {
        return false
      }
      state.threadCount += 1
      return true
    }
    if needsThread {
      let thread = Thread { self.serve() }
      thread.stackSize = 8 << 20
      thread.start()
    }
    work.signal()
  }

  /// Ends the threads, and their processes with them, when they have done what was submitted.
  func close() {
    let count = state.withLock { state in
      state.isClosed = true
      return state.threadCount
    }
    for _ in 0..<count { work.signal() }
  }

  private func serve() {
    var process: ParserProcess?
    while let job = nextJob() {
      job.done(answer(job, &process))
    }
  }

  private func nextJob() -> Job? {
    while true {
      state.withLock { $0.idleCount += 1 }
      work.wait()
      let (job, isClosed) = state.withLock { state in
        state.idleCount -= 1
        return (state.jobs.isEmpty ? nil : state.jobs.removeFirst(), state.isClosed)
      }
      if let job { return job }
      if isClosed { return nil }
    }
  }

  private func answer(
    _ job: Job, _ process: inout ParserProcess?
  ) -> Result<[UInt8], GranuleError.Reason> {
    guard let executable else {
      do throws(GranuleError.Reason) {
        return .success(try answerHere(job))
      } catch {
        return .failure(error)
      }
    }
    while true {
      do throws(GranuleError.Reason) {
        let running: ParserProcess
        if let process {
          running = process
        } else {
          running = try ParserProcess(executable: executable)
          process = running
        }
        return .success(
          try running.answer(
            job.request, byteCount: job.byteCount, origin: job.origin,
            deadlineSeconds: deadlineSeconds
          ) { range throws(GranuleError.Reason) in try Self.readNow(range, job.reader) })
      } catch {
        // What an earlier granule has done to the process must not be blamed on this one.
        let isFresh = process?.answerCount == 0
        if process?.hasEnded == true { process = nil }
        if case .crashed = error, !isFresh { continue }
        return .failure(error)
      }
    }
  }

  private func answerHere(_ job: Job) throws(GranuleError.Reason) -> [UInt8] {
    let bytes: any GranuleBytes
    switch job.origin {
    case .path(let path): bytes = try FileBytes(path: path, byteCount: job.byteCount)
    // All of it: a read from within libhdf5 would wait for a task with the library's lock held,
    // perhaps for one that waits for the lock.
    case .head: bytes = MemoryBytes(try Self.readNow(0..<job.byteCount, job.reader))
    }
    return try LibraryLock.locked { () throws(GranuleError.Reason) in
      try job.request.answer(from: bytes)
    }
  }

  /// Waits on this thread, which is none of Swift's, for a read.
  private static func readNow(
    _ range: Range<Int>, _ reader: RangeReader
  ) throws(GranuleError.Reason) -> [UInt8] {
    let answer = Answer()
    let arrived = DispatchSemaphore(value: 0)
    Task {
      let result: Result<[UInt8], GranuleError.Reason>
      do throws(GranuleError.Reason) {
        result = .success(try await reader.read(range))
      } catch {
        result = .failure(error)
      }
      answer.value.withLock { $0 = result }
      arrived.signal()
    }
    arrived.wait()
    return try answer.value.withLock { $0 }.get()
  }

  private final class Answer: Sendable {
    let value = Mutex<Result<[UInt8], GranuleError.Reason>>(.failure(.absent))
  }
}
