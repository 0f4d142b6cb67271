/// Repeatable random numbers by position: the same seed and coordinates give the same number, in
/// any order, on any thread.
///
/// The mixing steps are the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
struct SeededHash: Hashable, Sendable {
  let state: UInt64

  init(seed: UInt64) { state = Self.mix(seed &+ 0x9E37_79B9_7F4A_7C15) }

  private init(state: UInt64) { self.state = state }

  /// A generator of its own for one subject (a field, a day, a purpose).
  func derived(_ subject: UInt64) -> SeededHash {
    SeededHash(state: Self.mix(state ^ Self.mix(subject &+ 0xD1B5_4A32_D192_ED03)))
  }

  @inline(__always)
  func bits(_ position: UInt64) -> UInt64 {
    Self.mix(state &+ position &* 0x9E37_79B9_7F4A_7C15)
  }

  /// A number in 0..<1, a multiple of 2⁻²⁴.
  @inline(__always)
  func unit(_ position: UInt64) -> Float {
    Float(bits(position) >> 40) * 0x1p-24
  }

  @inline(__always)
  private static func mix(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
