import Storage
import Synchronization

/// Keeps the shard indexes of one store, so that drilling many pixels reads each once.
public final class ShardIndexCache: Sendable {
  /// What is known of a shard.
  enum Entry: Sendable {
    case index(ShardIndex)
    /// The shard isn't stored: all its chunks are fill value.
    case absent

    var byteCount: Int {
      switch self {
      case .index(let index): index.byteCount + 64
      case .absent: 64
      }
    }
  }

  private struct State {
    var entries: [StoreKey: Entry] = [:]
    /// As they came: the oldest goes first.
    var order: [StoreKey] = []
    var byteCount = 0
  }

  private let state = Mutex(State())
  private let byteLimit: Int

  /// - Parameter byteLimit: Of the indexes kept in memory; the oldest make room for new ones.
  public init(byteLimit: Int = 64 << 20) { self.byteLimit = byteLimit }

  subscript(key: StoreKey) -> Entry? { state.withLock { $0.entries[key] } }

  func insert(_ entry: Entry, for key: StoreKey) {
    state.withLock { state in
      guard state.entries[key] == nil else { return }
      state.entries[key] = entry
      state.order.append(key)
      state.byteCount += entry.byteCount
      var dropped = 0
      while state.byteCount > byteLimit, dropped < state.order.count - 1 {
        let oldest = state.entries.removeValue(forKey: state.order[dropped])
        state.byteCount -= oldest?.byteCount ?? 0
        dropped += 1
      }
      state.order.removeFirst(dropped)
    }
  }
}
