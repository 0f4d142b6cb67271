internal import Foundation

/// What the benchmark ran on.
public struct Machine: Codable, Hashable, Sendable {
  public let processor: String
  public let coreCount: Int
  public let memoryByteCount: Int
  public let system: String
  /// Of one minute, when the run began.
  public let loadBefore: Double
  public var loadAfter: Double

  static func current() -> Machine {
    let information = ProcessInfo.processInfo
    let processor = field("model name", of: "/proc/cpuinfo", separator: ":")
    let system = field("PRETTY_NAME", of: "/etc/os-release", separator: "=")
    return Machine(
      processor: processor ?? "unknown", coreCount: information.activeProcessorCount,
      memoryByteCount: Int(information.physicalMemory),
      system: "\(system ?? "unknown"), Linux \(kernel())",
      loadBefore: load(), loadAfter: load())
  }

  private static func kernel() -> String {
    var names = utsname()
    uname(&names)
    return withUnsafeBytes(of: names.release) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Of one minute.
  static func load() -> Double {
    var averages = [0.0]
    return getloadavg(&averages, 1) == 1 ? averages[0] : -1
  }

  private static func field(_ name: String, of file: String, separator: Character) -> String? {
    let text = FileManager.default.contents(atPath: file).map {
      String(decoding: $0, as: UTF8.self)
    }
    let line = text?.split(separator: "\n").first { $0.hasPrefix(name) }
    let value = line?.split(separator: separator, maxSplits: 1).last
    return value.map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " \t\"")) }
  }
}
