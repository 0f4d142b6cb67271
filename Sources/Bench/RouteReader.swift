internal import Drill
internal import Foundation
internal import NetCDF
internal import Storage

/// One reading of a job.
struct Run: Sendable {
  let seconds: Double
  let cpuSeconds: Double
  /// `nil` where nobody counted.
  let requestCount: Int?
  /// Bytes read from the store.
  let byteCount: Int?
  /// `nil` if nobody asked.
  let answer: Answer?
}

/// One route of one job, ready to be measured.
protocol RouteReader {
  /// - Parameter opening: Forgets what is known of the sources and opens them anew, in the time
  ///   measured.
  func run(opening: Bool, wantsAnswer: Bool) async throws -> Run
}

/// Reads with pixeldrill.
final class ArchiveReader: RouteReader {
  /// What counts requests and bytes.
  enum Counted {
    case store
    case server(OPeNDAPServer)
    /// A library reads past everything that counts.
    case nothing
  }

  private let request: DrillRequest
  private let open: @Sendable (Meter) async throws -> Archive
  private let keepsOpen: Bool
  private let counted: Counted
  private var meter = Meter()
  private var archive: Archive?

  /// - Parameter keepsOpen: Opens once and never in the time measured.
  init(
    _ request: DrillRequest, keepsOpen: Bool, counted: Counted,
    open: @escaping @Sendable (Meter) async throws -> Archive
  ) {
    self.request = request
    self.open = open
    self.keepsOpen = keepsOpen
    self.counted = counted
  }

  func run(opening: Bool, wantsAnswer: Bool) async throws -> Run {
    if opening, !keepsOpen {
      archive = nil
      meter = Meter()
    } else if archive == nil {
      archive = try await open(meter)
    }
    meter.reset()
    if case .server(let server) = counted { _ = try server.tally() }
    let cpu = cpuSecondsSoFar()
    let start = ContinuousClock.now
    let source: Archive
    if let archive { source = archive } else { source = try await open(meter) }
    let series = try await source.drill(request)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let cpuSeconds = cpuSecondsSoFar() - cpu
    archive = source
    let counts: (requests: Int, bytes: Int)? =
      switch counted {
      case .store: (meter.requestCount, meter.byteCount)
      case .server(let server): try server.tally()
      case .nothing: nil
      }
    return Run(
      seconds: seconds, cpuSeconds: cpuSeconds, requestCount: counts?.requests,
      byteCount: counts?.bytes, answer: wantsAnswer ? Answer(series) : nil)
  }
}

/// Has a Python process read.
final class PeerReader: RouteReader {
  private struct Open: Encodable {
    let open: [String]
    let variable: String
    let endpoint: String?
  }

  private struct Read: Encodable {
    struct Request: Encodable {
      let rows: [Int]
      let columns: [Int]
      let box: Bool
      let steps: Int
    }
    let read: Request
    let values: Bool
  }

  private struct Times: Decodable {
    let seconds: Double
    let cpu: Double
    let values: String?
  }

  private let peer: PeerProcess
  private let open: Open
  private let read: Read.Request
  private let targetCount: Int
  private var isOpen = false

  init(
    _ peer: PeerProcess, sources: [String], variable: String, endpoint: String?,
    _ selection: JobSelection
  ) {
    self.peer = peer
    open = Open(open: sources, variable: variable, endpoint: endpoint)
    read = Read.Request(
      rows: selection.box.map { [$0.rows.lowerBound, $0.rows.upperBound] }
        ?? selection.pixels.map(\.row),
      columns: selection.box.map { [$0.columns.lowerBound, $0.columns.upperBound] }
        ?? selection.pixels.map(\.column),
      box: selection.box != nil, steps: selection.steps.count)
    targetCount = selection.pixels.count
  }

  func run(opening: Bool, wantsAnswer: Bool) async throws -> Run {
    var opened: Times?
    if opening || !isOpen {
      opened = try peer.ask(open, for: Times.self)
      isOpen = true
    }
    let times = try peer.ask(Read(read: read, values: wantsAnswer), for: Times.self)
    let counted = opening ? opened : nil
    return Run(
      seconds: times.seconds + (counted?.seconds ?? 0), cpuSeconds: times.cpu + (counted?.cpu ?? 0),
      requestCount: nil, byteCount: nil,
      answer: try times.values.map { try answer($0) })
  }

  private func answer(_ text: String) throws(BenchError) -> Answer {
    guard let bytes = Data(base64Encoded: text), bytes.count == targetCount * read.steps * 8 else {
      throw .answer(program: "the Python peer", text: "\(text.prefix(60))…")
    }
    let bits = bytes.withUnsafeBytes { bytes in
      (0..<bytes.count / 8).map { index in
        let bits = UInt64(
          littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        return Double(bitPattern: bits).isNaN ? Answer.missing : bits
      }
    }
    return Answer(targetCount: targetCount, stepCount: read.steps, bits: bits)
  }
}
