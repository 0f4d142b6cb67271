import Foundation
import FuzzEntries

/// Inputs that are right, or nearly, from which others are made.
///
/// `Tests/Data/fuzz/<entry>` holds small files that reach deep into a parser, and those that once
/// broke one.
enum FuzzSeeds {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Data/fuzz")

  static func seeds(_ entry: FuzzEntry) throws -> [[UInt8]] {
    let files = try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: entry.rawValue), includingPropertiesForKeys: nil)
    return try files.sorted { $0.path < $1.path }.map { try [UInt8](Data(contentsOf: $0)) }
  }
}

/// Changes inputs a little, the same way for the same seed.
struct Mutator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Numbers at which things go wrong.
  private static let edges: [UInt64] = [
    0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
    0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max,
  ]

  mutating func mutant(of seeds: [[UInt8]]) -> [UInt8] {
    var bytes = seeds[Int.random(in: 0..<seeds.count, using: &self)]
    for _ in 0..<Int.random(in: 1...4, using: &self) {
      guard !bytes.isEmpty else { return [UInt8.random(in: .min ... .max, using: &self)] }
      let position = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0..<7, using: &self) {
      case 0: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      case 1: bytes[position] = UInt8.random(in: .min ... .max, using: &self)
      case 2: bytes.removeSubrange(position..<min(bytes.count, position + 8))
      case 3: bytes.removeLast(bytes.count - position)
      case 4:
        let start = Int.random(in: 0..<bytes.count, using: &self)
        bytes.insert(
          contentsOf: bytes[start..<min(bytes.count, start + 16)], at: position)
      case 5:
        let other = seeds[Int.random(in: 0..<seeds.count, using: &self)]
        bytes = Array(bytes[..<position]) + other.dropFirst(position)
      default:
        let edge = Self.edges[Int.random(in: 0..<Self.edges.count, using: &self)]
        let width = [1, 2, 4, 8][Int.random(in: 0..<4, using: &self)]
        let isBig = Bool.random(using: &self)
        for byte in 0..<min(width, bytes.count - position) {
          let shift = 8 * (isBig ? width - 1 - byte : byte)
          bytes[position + byte] = UInt8(truncatingIfNeeded: edge >> UInt64(shift))
        }
      }
    }
    return bytes
  }
}
