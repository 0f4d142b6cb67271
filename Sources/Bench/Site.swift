internal import Drill
internal import Foundation
internal import Storage
internal import Synchronization

/// How far the bytes are away.
public enum Network: Hashable, Sendable, CustomStringConvertible {
  /// Local files.
  case folder
  /// A server that speaks S3.
  case bucket
  /// Local files behind waiting: each answer comes so late, and its bytes so slowly.
  case simulated(latencyMilliseconds: Double, megabytesPerSecond: Double)

  public var description: String {
    switch self {
    case .folder: "folder"
    case .bucket: "S3 server"
    case .simulated(let latency, let rate):
      "simulated \(latency.text) ms, \(rate.text) MB/s"
    }
  }
}

/// Where the stacks are, for one network.
struct Site: Sendable {
  let network: Network
  /// Of the stacks' local files.
  let folder: String
  /// Opens what lies in the bucket; `nil` if this isn't one.
  let bucket: Bucket?

  /// A place in a bucket that benchmarks may fill.
  struct Bucket: Sendable {
    /// `s3://bucket/prefix`
    let root: String
    /// Opens stores afresh, without the connections of earlier ones.
    let opener: @Sendable () -> SourceFinder.Opener
  }

  init(_ network: Network, folder: String, bucket: Bucket? = nil) {
    self.network = network
    self.folder = folder
    self.bucket = bucket
  }

  /// What the opener takes for a path below the stacks' folder.
  func text(_ path: String) -> String { "\(bucket?.root ?? "s3://bench")/\(path)" }

  /// Opens what ``text(_:)`` names, and what references lead to; what is asked of it is metered.
  func opener(_ meter: Meter) -> SourceFinder.Opener {
    let (folder, network) = (folder, network)
    if let open = bucket?.opener() {
      return { location throws(StoreError) in
        let (store, key) = try open(location)
        return (meter.metered(store), key)
      }
    }
    return { location throws(StoreError) in
      let (path, key): (String, StoreKey?) =
        switch location {
        case .path(let path): (path, nil)
        case .s3(_, let key): (folder, key)
        case .http(let url):
          throw .unsupported(location: "\(url)", reason: "benchmarks read no web servers")
        }
      var store: any ByteStore = FolderStore(path: path)
      if case .simulated(let latency, let rate) = network {
        store = SimulatedNetworkStore(
          store,
          SimulatedNetwork(latencySeconds: latency / 1000, bytesPerSecond: rate * 1e6))
      }
      return (meter.metered(store), key)
    }
  }
}

/// Counts what is asked of all stores that one opener opens.
final class Meter: Sendable {
  private let stores = Mutex<[CountingStore]>([])

  func metered(_ store: any ByteStore) -> CountingStore {
    let counting = CountingStore(store)
    stores.withLock { $0.append(counting) }
    return counting
  }

  func reset() {
    stores.withLock { stores in
      for store in stores { store.reset() }
    }
  }

  var requestCount: Int { stores.withLock { $0.reduce(0) { $0 + $1.counts.totalRequests } } }
  var byteCount: Int { stores.withLock { $0.reduce(0) { $0 + $1.counts.byteCount(.read) } } }
}

extension Double {
  /// Without “.0” where it is whole.
  var text: String { self == rounded() && abs(self) < 1e15 ? "\(Int(self))" : "\(self)" }
}
