// Times the inner loops one by one, so that a regression has a name.
//
//   swift run -c release kernels [NAME…]
//
// Inputs are those of the main job: a tile of a synthetic granule, chunks of a year of 25 × 25 pixels.
// A line for each kernel: the median and the fastest of many runs in one thread, and bytes per second
// of what comes out. Regressions are ratios of two such lines from one machine.

import Foundation

@main
struct Kernels {
  static func main() async throws {
    let wanted = CommandLine.arguments.dropFirst()
    let inputs = try await KernelInputs.make()
    defer { inputs.remove() }
    print("kernel                                bytes      median     fastest         rate")
    for kernel in try inputs.kernels() where wanted.isEmpty || wanted.contains(kernel.name) {
      try kernel.measure()
    }
  }
}

/// One inner loop.
struct Kernel {
  let name: String
  /// Of what comes out.
  let byteCount: Int
  let run: () throws -> Void

  func measure() throws {
    // Until caches, clocks and branch predictors have settled.
    for _ in 0..<3 { try run() }
    var seconds: [Double] = []
    let start = ContinuousClock.now
    while seconds.count < 15 || (ContinuousClock.now - start) < .seconds(1) {
      let begin = ContinuousClock.now
      try run()
      seconds.append((ContinuousClock.now - begin) / .seconds(1))
    }
    seconds.sort()
    let median = seconds[seconds.count / 2]
    print(
      name.padding(toLength: 34, withPad: " ", startingAt: 0)
        + String(
          format: "%9d %8.1f µs %8.1f µs %7.0f MB/s", byteCount, median * 1e6, seconds[0] * 1e6,
          Double(byteCount) / median / 1e6))
  }
}
