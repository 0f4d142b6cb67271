import CLinux
import Foundation
import Storage
import Synchronization

/// Holds compressed pieces until their column is complete: in memory as long as the budget
/// lasts, then in a scratch file without a name, which ends with the process.
///
/// Pieces are appended to segments. Each worker fills one of its own, so that appending takes no
/// lock.
final class PieceArena: Sendable {
  /// A piece's place.
  struct Blob {
    let segment: Int32
    let offset: Int32
    let byteCount: Int32
  }

  enum Place {
    case memory(UnsafeMutableRawPointer)
    case scratch(offset: Int)
  }

  /// Where each segment is; to read pieces once all are written.
  struct Segments: @unchecked Sendable {
    fileprivate var places: [Place] = []
    fileprivate let file: Int32

    /// Has a piece's beginning fetched from memory while another is copied; the rest follows by
    /// itself.
    func prefetch(_ blob: Blob) {
      guard case .memory(let base) = places[Int(blob.segment)] else { return }
      let start = base + Int(blob.offset)
      for line in stride(from: 0, to: min(Int(blob.byteCount), 640), by: 64) {
        shim_prefetch(start + line)
      }
    }

    /// The bytes of a piece, in place or read into `buffer`.
    func bytes(
      of blob: Blob, buffer: UnsafeMutableRawBufferPointer
    ) throws(ArenaError) -> UnsafeRawBufferPointer {
      switch places[Int(blob.segment)] {
      case .memory(let base):
        return UnsafeRawBufferPointer(start: base + Int(blob.offset), count: Int(blob.byteCount))
      case .scratch(let offset):
        let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(blob.byteCount)])
        let count = pread(file, target.baseAddress, target.count, off_t(offset + Int(blob.offset)))
        guard count == target.count else { throw ArenaError(operation: "read", code: errno) }
        return UnsafeRawBufferPointer(target)
      }
    }
  }

  private struct State {
    var places: [Place] = []
    var free: [UnsafeMutableRawPointer] = []
    var memorySegments = 0
    var file: Int32 = -1
    var fileByteCount = 0
  }

  /// As long as there is room for more than a few.
  static let segmentByteCount = 4 << 20

  let segmentByteCount: Int
  private let segmentLimit: Int
  private let scratchFolder: String
  private let state: Mutex<State>

  /// - Parameters:
  ///   - byteCount: How much may be held in memory.
  ///   - largestPiece: No piece has more bytes.
  ///   - workers: Each fills a segment of its own.
  init(byteCount: Int, largestPiece: Int, workers: Int, scratchFolder: String) {
    segmentByteCount = max(largestPiece, min(Self.segmentByteCount, byteCount / (2 * workers + 1)))
    segmentLimit = max(workers + 1, byteCount / segmentByteCount)
    self.scratchFolder = scratchFolder
    state = Mutex(State())
  }

  deinit {
    state.withLock { state in
      for pointer in state.free { pointer.deallocate() }
      for case .memory(let pointer) in state.places { pointer.deallocate() }
      if state.file >= 0 { close(state.file) }
    }
  }

  var spilledByteCount: Int { state.withLock { $0.fileByteCount } }

  /// Memory for a segment and its number.
  func claim() throws(ArenaError) -> (number: Int32, memory: UnsafeMutableRawPointer) {
    try state.withLock { state throws(ArenaError) in
      let number = state.places.count
      if let memory = state.free.popLast() {
        state.places.append(.memory(memory))
        return (Int32(number), memory)
      }
      let memory: UnsafeMutableRawPointer
      if state.memorySegments < segmentLimit {
        memory = .allocate(byteCount: segmentByteCount, alignment: 64)
        state.memorySegments += 1
      } else {
        memory = try spillOldest(&state)
      }
      state.places.append(.memory(memory))
      return (Int32(number), memory)
    }
  }

  /// Which segments are being filled, so that they aren't spilled.
  private let filling = Mutex<Set<Int>>([])

  func beginFilling(_ number: Int32) { filling.withLock { _ = $0.insert(Int(number)) } }
  func endFilling(_ number: Int32) { filling.withLock { _ = $0.remove(Int(number)) } }

  func segments() -> Segments {
    state.withLock { Segments(places: $0.places, file: $0.file) }
  }

  /// Forgets all pieces; memory is kept for the next column.
  func clear() {
    state.withLock { state in
      for case .memory(let memory) in state.places { state.free.append(memory) }
      state.places = []
      state.fileByteCount = 0
      if state.file >= 0 { ftruncate(state.file, 0) }
    }
  }

  /// Gives the memory back that no pieces are in.
  func release() {
    let free = state.withLock { state in
      defer { state.free = [] }
      state.memorySegments -= state.free.count
      return state.free
    }
    for pointer in free { pointer.deallocate() }
  }

  private func spillOldest(_ state: inout State) throws(ArenaError) -> UnsafeMutableRawPointer {
    let busy = filling.withLock { $0 }
    for (number, place) in state.places.enumerated() {
      guard case .memory(let memory) = place, !busy.contains(number) else { continue }
      if state.file < 0 { state.file = try openScratch() }
      var written = 0
      while written < segmentByteCount {
        let count = pwrite(
          state.file, memory + written, segmentByteCount - written,
          off_t(state.fileByteCount + written))
        guard count > 0 else { throw ArenaError(operation: "write", code: errno) }
        written += count
      }
      state.places[number] = .scratch(offset: state.fileByteCount)
      state.fileByteCount += segmentByteCount
      return memory
    }
    preconditionFailure("more segments than workers")
  }

  private func openScratch() throws(ArenaError) -> Int32 {
    var template = Array("\(scratchFolder)/pixeldrill-scratch-XXXXXX".utf8CString)
    let file = mkstemp(&template)
    guard file >= 0 else { throw ArenaError(operation: "create", code: errno) }
    unlink(template)
    return file
  }
}

/// The scratch file can't be written or read.
struct ArenaError: Error, Hashable, CustomStringConvertible {
  let operation: String
  let code: Int32

  var description: String {
    "can't \(operation) the scratch file: \(String(cString: strerror(code))); give more --memory, "
      + "or set TMPDIR to a folder with room"
  }
}

/// One worker's end of an arena.
struct PieceWriter {
  private let arena: PieceArena
  private var segment: (number: Int32, memory: UnsafeMutableRawPointer)?
  private var used = 0

  init(_ arena: PieceArena) { self.arena = arena }

  /// Lets `body` write at most `capacity` bytes and keeps as many as it says.
  mutating func append(
    capacity: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> PieceArena.Blob {
    if segment == nil || used + capacity > arena.segmentByteCount {
      finish()
      let claimed = try arena.claim()
      arena.beginFilling(claimed.number)
      segment = claimed
      used = 0
    }
    guard let (number, memory) = segment else { preconditionFailure("a segment was claimed") }
    let count = try body(UnsafeMutableRawBufferPointer(start: memory + used, count: capacity))
    defer { used += count }
    return PieceArena.Blob(segment: number, offset: Int32(used), byteCount: Int32(count))
  }

  mutating func finish() {
    if let segment { arena.endFilling(segment.number) }
    segment = nil
  }
}
