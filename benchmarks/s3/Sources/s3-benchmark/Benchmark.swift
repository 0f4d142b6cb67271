import Foundation
import S3
import Storage

/// Reads parts of one object, many at once, and prints what that took as JSON.
///
///     s3-benchmark URL s3://bucket/key BYTES REQUESTS IN_FLIGHT
@main
struct Benchmark {
  static func main() async throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 6, let partByteCount = Int(arguments[3]),
      let requests = Int(arguments[4]), let inFlight = Int(arguments[5])
    else {
      FileHandle.standardError.write(
        Data("usage: s3-benchmark URL s3://bucket/key BYTES REQUESTS IN_FLIGHT\n".utf8))
      exit(2)
    }
    let (store, found) = try Stores(StoreOptions(endpointURL: arguments[1]))
      .open(Location(arguments[2]))
    guard let key = found, let info = try await store.info(key) else {
      throw StoreError.unsupported(location: arguments[2], reason: "there is no such object")
    }
    let partCount = info.byteCount / partByteCount

    // Connections are made before the clock starts, as for the client compared with.
    try await read(store, key, partByteCount, partCount, requests: 2 * inFlight, inFlight)
    let cpu = cpuSeconds()
    let clock = ContinuousClock()
    let time = try await clock.measure {
      try await read(store, key, partByteCount, partCount, requests: requests, inFlight)
    }
    let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
    print(
      "{\"requestsPerSecond\": \(Double(requests) / seconds), "
        + "\"cpuMicroseconds\": \((cpuSeconds() - cpu) / Double(requests) * 1e6)}")
  }

  private static func read(
    _ store: any ByteStore, _ key: StoreKey, _ partByteCount: Int, _ partCount: Int,
    requests: Int, _ inFlight: Int
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<inFlight {
        group.addTask {
          for request in stride(from: worker, to: requests, by: inFlight) {
            let start = request * 7 % partCount * partByteCount
            _ = try await store.read(key, .bounds(start..<start + partByteCount))
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private static func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
  }
}
