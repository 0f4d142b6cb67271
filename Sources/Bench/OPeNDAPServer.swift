/// pydap, serving the granules below a folder by DAP2 on this machine.
final class OPeNDAPServer: Sendable {
  private struct Port: Decodable { let port: Int }
  private struct Tally: Decodable {
    let requests: Int
    let bytes: Int
  }
  private struct Wait: Encodable {
    /// Seconds.
    let latency: Double
    /// Bytes per second; 0: as fast as it can.
    let rate: Double
  }

  private let process: PeerProcess
  let url: String

  init(python: String, script: String, folder: String) throws(BenchError) {
    process = try PeerProcess(python: python, arguments: [script, folder])
    url = "http://127.0.0.1:\(try process.answer(Port.self).port)"
  }

  /// Has answers come as late as the network says.
  func imitate(_ network: Network) throws(BenchError) {
    var wait = Wait(latency: 0, rate: 0)
    if case .simulated(let latency, let rate) = network {
      wait = Wait(latency: latency / 1000, rate: rate * 1e6)
    }
    _ = try process.ask(wait, for: Tally.self)
  }

  /// Requests answered and bytes sent since this was last asked.
  func tally() throws(BenchError) -> (requests: Int, bytes: Int) {
    let tally = try process.ask(["tally": true], for: Tally.self)
    return (tally.requests, tally.bytes)
  }
}
