/// HDF5's form of the Fletcher checksum: over 16-bit big-endian words, an odd byte last.
///
/// Source: HDF5, `H5checksum.c`.
enum Fletcher32 {
  static func checksum(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    var sum1: UInt32 = 0
    var sum2: UInt32 = 0
    let words = bytes.count / 2
    var word = 0
    while word < words {
      // 360 words is the most that can't overflow 32 bits.
      let end = min(words, word + 360)
      while word < end {
        sum1 &+= UInt32(bytes[2 * word]) << 8 | UInt32(bytes[2 * word + 1])
        sum2 &+= sum1
        word += 1
      }
      sum1 = (sum1 & 0xffff) + (sum1 >> 16)
      sum2 = (sum2 & 0xffff) + (sum2 >> 16)
    }
    if bytes.count % 2 == 1, let last = bytes.last {
      sum1 &+= UInt32(last) << 8
      sum2 &+= sum1
      sum1 = (sum1 & 0xffff) + (sum1 >> 16)
      sum2 = (sum2 & 0xffff) + (sum2 >> 16)
    }
    sum1 = (sum1 & 0xffff) + (sum1 >> 16)
    sum2 = (sum2 & 0xffff) + (sum2 >> 16)
    return sum2 << 16 | sum1
  }

  /// Whether the last 4 bytes are the checksum of those before, stored little-endian.
  ///
  /// Files of HDF5 before 1.6.3 have the bytes of each half swapped, which libhdf5 accepts too.
  static func isValid(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes.count >= 4 else { return false }
    let end = bytes.count - 4
    let stored = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[end + $1]) << UInt32(8 * $1) }
    let computed = checksum(UnsafeBufferPointer(rebasing: bytes[..<end]))
    let swapped = (computed & 0x00ff_00ff) << 8 | (computed >> 8) & 0x00ff_00ff
    return stored == computed || stored == swapped
  }
}
