import Foundation
import Testing

@testable import Rechunk

struct PieceArenaTests {
  @Test func `pieces beyond the budget go to a file and come back`() throws {
    let arena = PieceArena(
      byteCount: 64 << 10, largestPiece: 4 << 10, workers: 2,
      scratchFolder: FileManager.default.temporaryDirectory.path)
    var random = SeededGenerator(seed: 3)
    var writers = [PieceWriter(arena), PieceWriter(arena)]
    var pieces: [(blob: PieceArena.Blob, bytes: [UInt8])] = []
    for index in 0..<400 {
      let bytes = (0..<Int.random(in: 1...4_096, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
      let blob = try writers[index % 2].append(capacity: 4 << 10) { target in
        target.copyBytes(from: bytes)
        return bytes.count
      }
      pieces.append((blob, bytes))
    }
    for index in writers.indices { writers[index].finish() }
    #expect(arena.spilledByteCount > 256 << 10)
    let segments = arena.segments()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4 << 10, alignment: 8)
    defer { buffer.deallocate() }
    for (blob, bytes) in pieces {
      let got = Array(try segments.bytes(of: blob, buffer: buffer))
      #expect(got == bytes)
    }
    arena.clear()
    #expect(arena.spilledByteCount == 0)
  }

  @Test func `a scratch folder that isn't there is an error that says what to do`() throws {
    let arena = PieceArena(
      byteCount: 1, largestPiece: 16, workers: 1, scratchFolder: "/nonexistent")
    var writer = PieceWriter(arena)
    let error = #expect(throws: ArenaError.self) {
      for _ in 0..<8 { _ = try writer.append(capacity: 16) { _ in 16 } }
    }
    #expect(error?.description.contains("TMPDIR") == true)
  }
}
