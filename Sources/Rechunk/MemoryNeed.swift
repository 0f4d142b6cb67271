/// What converting one array takes, in bytes; known before the first byte is read.
public struct MemoryNeed: Hashable, Sendable {
  /// A worker that reads: stored and decoded tiles, and the scratch between them.
  let readingWorker: Int
  /// A worker that writes: a band of all time steps, a gathered, an unpacked, an encoded chunk.
  let writingWorker: Int
  /// Indexes of held pieces and stored tiles, and an upload's buffer.
  let shared: Int

  /// Below this, holding pieces would spill constantly.
  private static let smallestArena = 16 << 20

  /// The least budget with which `threads` workers can run.
  func least(threads: Int) -> Int {
    threads * max(readingWorker, writingWorker) + shared + Self.smallestArena
  }

  /// What is left of a budget for holding compressed pieces; what doesn't fit is spilled.
  ///
  /// - Precondition: the budget is at least ``least(threads:)``.
  func arena(budget: Int, threads: Int) -> Int {
    budget - threads * max(readingWorker, writingWorker) - shared
  }
}

/// The memory budget is too small, whatever the number of threads.
public struct MemoryError: Error, Hashable, Sendable, CustomStringConvertible {
  public let variable: String
  public let budget: Int
  public let needed: Int

  public var description: String {
    "\(variable) takes at least \(ByteCount.text(needed)) of memory and --memory is "
      + "\(ByteCount.text(budget)); give it \(ByteCount.text((needed >> 20 + 1) << 20)) or more"
  }
}

/// Byte counts for people.
public enum ByteCount {
  /// `1.5 GiB`, `25.3 MiB`, `700 B`; three digits.
  public static func text(_ count: Int) -> String {
    var value = Double(count)
    var unit = "B"
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1024 {
      value /= 1024
      unit = larger
    }
    if unit == "B" { return "\(count) B" }
    let digits = value >= 100 ? 0 : 1
    return "\(decimal(value, digits: digits)) \(unit)"
  }

  /// Reads `2GiB`, `512 MiB`, `1.5G`, `4096`; binary multiples, the `iB` may be left out.
  public static func parse(_ text: String) -> Int? {
    let number = text.prefix { $0.isNumber || $0 == "." }
    let unit = text.dropFirst(number.count).drop { $0 == " " }.lowercased()
    guard let value = Double(number) else { return nil }
    let powers = ["": 0, "b": 0, "k": 1, "m": 2, "g": 3, "t": 4]
    let letters = unit.hasSuffix("ib") ? String(unit.dropLast(2)) : unit
    let letter =
      letters.count == 2 && letters.hasSuffix("b") ? String(letters.dropLast()) : letters
    guard let power = powers[letter] else { return nil }
    let bytes = value * Double(1 << (10 * power))
    return bytes < 1e18 ? Int(bytes) : nil
  }
}

/// A number with a fixed count of digits behind the point, as people read it.
func decimal(_ value: Double, digits: Int) -> String {
  let scale = (0..<digits).reduce(1.0) { power, _ in power * 10 }
  let rounded = Int((abs(value) * scale).rounded())
  let whole = rounded / Int(scale)
  guard digits > 0 else { return "\(value < 0 ? "-" : "")\(whole)" }
  var fraction = String(rounded % Int(scale))
  while fraction.count < digits { fraction = "0" + fraction }
  return "\(value < 0 ? "-" : "")\(whole).\(fraction)"
}
