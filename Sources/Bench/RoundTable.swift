/// The runs of one job, by route and temperature.
struct RoundTable {
  private typealias Temperature = BenchReport.Measurement.Temperature
  private struct Key: Hashable {
    let route: Route
    let temperature: BenchReport.Measurement.Temperature
  }

  private var runs: [Key: [Run]] = [:]
  private var lasts: [Route: Double] = [:]

  mutating func add(
    _ run: Run, _ route: Route, _ temperature: BenchReport.Measurement.Temperature
  ) {
    runs[Key(route: route, temperature: temperature), default: []].append(run)
    lasts[route] = run.seconds
  }

  /// All time that a route has taken so far.
  func seconds(_ route: Route) -> Double {
    [Temperature.cold, .warm].reduce(0) { sum, temperature in
      runs[Key(route: route, temperature: temperature), default: []]
        .reduce(sum) { $0 + $1.seconds }
    }
  }

  /// What the route's last run took.
  func last(_ route: Route) -> Double { lasts[route] ?? 0 }

  func measurement(
    _ job: BenchConfig.Job, _ network: Network, _ route: Route,
    _ temperature: BenchReport.Measurement.Temperature, _ selection: JobSelection
  ) -> BenchReport.Measurement? {
    guard let runs = runs[Key(route: route, temperature: temperature)] else { return nil }
    var isSimulated = false
    if case .simulated = network { isSimulated = true }
    return BenchReport.Measurement(
      job: job.name, network: "\(network)", isSimulated: isSimulated, route: route,
      temperature: temperature, seconds: Spread(runs.map(\.seconds)),
      cpuSeconds: Spread(runs.map(\.cpuSeconds)).median, requestCount: runs[0].requestCount,
      byteCount: runs[0].byteCount, pixelCount: selection.pixels.count,
      stepCount: selection.steps.count)
  }
}
