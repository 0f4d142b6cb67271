// Times drilling in this process.
//
//   drill-bench pixels STORE VARIABLE PIXELS.csv      one pixel after the other, store opened before
//   drill-bench network STORE VARIABLE PIXELS.csv YEARS MILLISECONDS
//                                                     as if the store were YEARS stores so far away
//
// PIXELS.csv has a header line and lat,lon. Prints one line of JSON.

import Drill
import Foundation
import Storage

let arguments = CommandLine.arguments
guard arguments.count >= 5 else {
  FileHandle.standardError.write(Data("usage: see the top of main.swift\n".utf8))
  exit(2)
}
let (store, variable) = (arguments[2], arguments[3])
let text = try String(contentsOfFile: arguments[4], encoding: .utf8)
let places = try PointsFile.places(text, name: arguments[4])

func request(_ place: Place) -> DrillRequest {
  DrillRequest(variables: [variable], selection: .places([place]))
}

func seconds(_ body: () async throws -> Void) async throws -> Double {
  let start = ContinuousClock.now
  try await body()
  let taken = ContinuousClock.now - start
  return Double(taken.components.seconds) + Double(taken.components.attoseconds) * 1e-18
}

switch arguments[1] {
case "pixels":
  let archive = try Archive([
    try await ZarrSeries.open(FolderStore(path: store), location: store)
  ])
  // Warm: every shard's index has been read, every page is cached.
  for place in places { _ = try await archive.drill(request(place)) }
  let requests = places.map(request)
  // Not on the main thread, or each drill would be waited for by going there and back.
  var (times, valid) = try await Task.detached {
    var times: [Double] = []
    var valid = 0
    for request in requests {
      let start = ContinuousClock.now
      let series = try await archive.drill(request)
      let taken = ContinuousClock.now - start
      times.append(Double(taken.components.attoseconds) * 1e-18 + Double(taken.components.seconds))
      valid += series.columns[0].values.statuses.filter { $0 == .value }.count
    }
    return (times, valid)
  }.value
  times.sort()
  let mean = times.reduce(0, +) / Double(times.count)
  print(
    "{\"pixels\": \(times.count), \"values\": \(valid), \"median_ms\": "
      + "\(times[times.count / 2] * 1000), \"mean_ms\": \(mean * 1000)}")
case "network":
  let years = Int(arguments[5]) ?? 10
  let latency = (Double(arguments[6]) ?? 30) / 1000
  var results: [String] = []
  for place in places.prefix(5) {
    var counts = StoreTally()
    let taken = try await seconds {
      let store = CountingStore(
        SimulatedNetworkStore(
          FolderStore(path: store), SimulatedNetwork(latencySeconds: latency)))
      // The same store again and again would be the same year: read it as so many at once.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<years {
          group.addTask {
            let series = try await ZarrSeries.open(store, location: "year")
            _ = try await Archive([series]).drill(request(place))
          }
        }
        try await group.waitForAll()
      }
      counts = store.counts
    }
    results.append(
      "{\"seconds\": \(taken), \"requests\": \(counts.totalRequests), \"bytes\": "
        + "\(counts.byteCount(.read))}")
  }
  print("[\(results.joined(separator: ", "))]")
default: exit(2)
}
