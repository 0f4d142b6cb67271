/// What converting one array takes, in bytes; known before the first byte is read.
public struct MemoryNeed: Hashable, Sendable {
  /// A worker that reads: stored and decoded tiles, and the scratch between them.
  let readingWorker: Int
  /// A worker that writes: a band of all time steps, its encoded chunks, what encoding takes.
  let writingWorker: Int
  /// A column's indexes of tiles and pieces.
  let indexes: Int
  /// The most that a column's pieces take as they are.
  let plainColumn: Int
}

/// How a budget is shared out: among workers, and among the columns that are held.
public struct MemoryPlan: Hashable, Sendable {
  public let budget: Int
  /// Workers at once; fewer than asked for if the budget holds no more.
  public let threads: Int
  /// Whether the next column is read while one is written. Takes workers of both kinds at once,
  /// and two columns.
  public let overlaps: Bool
  /// Stored tiles that each worker fetches ahead.
  public let fetchByteCount: Int
  /// Encoded chunks that wait to be written.
  public let writeByteCount: Int
  /// For the held pieces of one column; what doesn't fit is spilled.
  public let arenaByteCount: Int
  /// What workers and indexes take, and what is on its way to or from them.
  public let workersByteCount: Int

  /// - Parameter needs: By the names of arrays.
  /// - Throws: ``MemoryError`` if one worker is too many for an array.
  init(_ needs: [(name: String, need: MemoryNeed)], budget: Int, threads: Int) throws(MemoryError) {
    let reading = needs.map(\.need.readingWorker).max() ?? 0
    let writing = needs.map(\.need.writingWorker).max() ?? 0
    let indexes = needs.map(\.need.indexes).max() ?? 0
    // With less, pieces would be spilled constantly: they compress about 10 to 1.
    let smallestArena = min(16 << 20, (needs.map(\.need.plainColumn).max() ?? 0) / 8)
    for threads in stride(from: max(1, threads), through: 1, by: -1) {
      for overlaps in [true, false] {
        let columns = overlaps ? 2 : 1
        let workers =
          columns * indexes + threads * (overlaps ? reading + writing : max(reading, writing))
        let spare = max(0, budget - workers)
        let fetch = min(8 << 20, spare / (16 * threads))
        let write = min(32 << 20, spare / (16 * columns))
        let arena = (spare - threads * fetch) / columns - write
        guard arena >= smallestArena else { continue }
        self.budget = budget
        self.threads = threads
        self.overlaps = overlaps
        fetchByteCount = fetch
        writeByteCount = write
        arenaByteCount = arena
        workersByteCount = workers + threads * fetch + columns * write
        return
      }
    }
    let largest = needs.max {
      max($0.need.readingWorker, $0.need.writingWorker)
        < max($1.need.readingWorker, $1.need.writingWorker)
    }
    throw MemoryError(
      variable: largest?.name ?? "", budget: budget,
      needed: max(reading, writing) + indexes + smallestArena * 5 / 4)
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
