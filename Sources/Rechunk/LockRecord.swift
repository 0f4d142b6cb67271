import Foundation
import Storage

/// Who writes a year, and until when that holds if nothing more is heard of them.
struct LockRecord: Codable, Hashable, Sendable {
  /// Another one in each run.
  let run: String
  let owner: ProcessIdentity
  let startedSeconds: Double
  /// Seconds since 1970. Renewed while the run lives.
  let expiresSeconds: Double

  /// `ROOT/locks/<year>`. The lock is the object with the highest number below it.
  static func folder(_ year: Int) -> StoreKey { StoreKey(literal: "locks/\(year)") }

  static func key(_ year: Int, _ number: Int) -> StoreKey {
    folder(year).appending("\(number).json")
  }

  /// The number in a lock's key.
  static func number(_ key: StoreKey) -> Int? {
    key.name.hasSuffix(".json") ? Int(key.name.dropLast(5)) : nil
  }

  /// The lock of a year, whether it still holds or not.
  static func current(
    _ year: Int, in root: any ByteStore
  ) async throws -> (number: Int, record: LockRecord?)? {
    let numbers = try await root.list(folder(year), recursive: true).objects
      .compactMap { number($0.key) }
    guard let last = numbers.max() else { return nil }
    guard let bytes = try await root.read(key(year, last)) else {
      return try await current(year, in: root)
    }
    // One that can't be read was cut off by a loss of power: its writer is gone.
    return (last, try? JSONDecoder().decode(LockRecord.self, from: Data(bytes)))
  }

  /// Whether its run may be writing.
  func holds(at nowSeconds: Double) -> Bool { nowSeconds < expiresSeconds && !owner.isGone }

  /// Who, and since when.
  var description: String {
    "process \(owner.process) on \(owner.host), since \(Self.date(startedSeconds))"
  }

  static func date(_ seconds: Double) -> String {
    Date(timeIntervalSince1970: seconds).formatted(.iso8601)
  }
}
