import Foundation

/// What the system lets this process have, where that is less than the machine's memory.
public struct MemoryLimit: Hashable, Sendable, CustomStringConvertible {
  public let byteCount: Int
  /// Who says so.
  public let source: String
  /// What a conversion takes of it besides its budget, at most.
  let overheadByteCount: Int

  public var description: String { "\(source) allows \(byteCount >> 20) MiB" }

  /// The largest budget that fits.
  public var affordableByteCount: Int { max(0, byteCount - overheadByteCount) }

  /// The tightest of all that hold for this process.
  public static let current: MemoryLimit? = {
    func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    return MemoryLimit(
      limits: text("/proc/self/limits") ?? "", groups: text("/proc/self/cgroup") ?? "", file: text)
  }()

  private init(_ source: String, _ byteCount: Int, overhead: Int) {
    self.source = source
    self.byteCount = byteCount
    overheadByteCount = overhead
  }

  /// - Parameters:
  ///   - limits: `/proc/self/limits`.
  ///   - groups: `/proc/self/cgroup`.
  ///   - file: Reads a file of the system's; `nil` if there is none.
  init?(limits: String, groups: String, file: (String) -> String?) {
    var found: [MemoryLimit] = []
    for line in limits.split(separator: "\n") where line.hasPrefix("Max address space") {
      let words = line.split(separator: " ")
      if words.count > 3, let bytes = Int(words[3]) {
        // Libraries and the stacks of threads take room, though little memory.
        found.append(MemoryLimit("ulimit -v", bytes, overhead: 512 << 20))
      }
    }
    for line in groups.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let isFirstVersion = fields[1].split(separator: ",").contains("memory")
      guard isFirstVersion || (fields[0] == "0" && fields[1].isEmpty) else { continue }
      let (folder, name) =
        isFirstVersion
        ? ("/sys/fs/cgroup/memory", "memory.limit_in_bytes") : ("/sys/fs/cgroup", "memory.max")
      // A group's limit holds for those in it, too.
      var path = fields[2].split(separator: "/")[...]
      while true {
        let place = ([folder] + path.map(String.init) + [name]).joined(separator: "/")
        if let bytes = file(place).flatMap({
          Int($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }),
          bytes < 1 << 50
        {
          found.append(MemoryLimit("the control group", bytes, overhead: 64 << 20))
        }
        guard path.popLast() != nil else { break }
      }
    }
    guard let tightest = found.min(by: { $0.affordableByteCount < $1.affordableByteCount }) else {
      return nil
    }
    self = tightest
  }
}

/// The system lets this process have too little memory for anything.
public struct MemoryLimitError: Error, Hashable, Sendable, CustomStringConvertible {
  let limit: MemoryLimit

  public init(_ limit: MemoryLimit) { self.limit = limit }

  public var description: String {
    "\(limit), and a conversion takes \(limit.overheadByteCount >> 20) MiB besides its --memory; "
      + "allow more"
  }
}
