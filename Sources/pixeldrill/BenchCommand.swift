import ArgumentParser
import Bench
import Foundation
import Rechunk
import S3
import Storage

struct BenchCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Compare all routes to the same numbers, and report.",
    discussion: """
      Makes stacks, reads the same places and times by every route, refuses to
      report unless all give the same numbers, and writes bench.html, bench.md
      and bench.json. Python takes part if --python has the packages of
      scripts/requirements.txt. Run it at the root of the repository.

      With --compare it ends with 3 if anything takes more than 1.25 times as long
      as in the older report, or isn't measured any more.

      EXAMPLES
        pixeldrill bench --config benchmarks/quick.yaml --to report \\
          --python .venv/bin/python
        pixeldrill bench --config benchmarks/quick.yaml --to again \\
          --python .venv/bin/python --compare report/bench.json
        pixeldrill bench --report again/bench.json --compare report/bench.json
        pixeldrill bench --report report/bench.json --to written-anew
      """)

  @Option(help: "What to run: a YAML file as benchmarks/full.yaml.")
  var config = "benchmarks/full.yaml"
  @Option(help: "Folder for the report.") var to: String?
  @Option(help: "What requests and bytes cost.") var prices = "benchmarks/prices.yaml"
  @Option(help: "A Python for the programs that are compared with.") var python: String?
  @Option(help: "Folder of these programs.") var peers = "benchmarks/peers"
  @Option(help: "s3://bucket/prefix to fill and read, too; emptied in the end.")
  var bucket: String?
  @Option(help: "A bench.json to --compare, or to write anew --to a folder; runs nothing.")
  var report: String?
  @Option(help: "An older bench.json: says what has become slower, and what faster.") var compare:
    String?
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    guard report != nil || to != nil else { throw ValidationError("Say where with --to FOLDER.") }
    guard report == nil || compare != nil || to != nil else {
      throw ValidationError("--report goes with --compare or --to.")
    }
  }

  func run() async throws {
    let old = try compare.map { try BenchReport(file: $0) }
    let found = if let report { try BenchReport(file: report) } else { try await measure() }
    if let to { try write(found, to: URL(filePath: to, directoryHint: .isDirectory)) }
    guard let old else { return }
    let comparison = BenchComparison(found, with: old)
    Console.output("\(comparison)\n")
    if !comparison.slower.isEmpty || !comparison.missing.isEmpty { throw ExitCode(3) }
  }

  private func measure() async throws -> BenchReport {
    let configuration = try BenchConfig(yaml: try Self.text(config))
    let prices = try CostModel.Prices(yaml: try Self.text(prices))
    let console = log.console
    let options = access.storeOptions
    var tools = BenchTools(
      executable: Bundle.main.executablePath ?? CommandLine.arguments[0],
      version: Rechunk.version, python: python, peers: peers,
      scratch: ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp")
    if let bucket {
      tools.bucket = (
        root: bucket,
        opener: {
          let stores = Stores(options)
          return { location throws(StoreError) in try stores.open(location) }
        },
        endpoint: options.endpointURL ?? ProcessInfo.processInfo.environment["AWS_ENDPOINT_URL"]
      )
    }
    return try await BenchRun(configuration, tools: tools, note: { console.note($0) })
      .run(prices: prices)
  }

  private func write(_ report: BenchReport, to folder: URL) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, bytes) in [
      ("bench.json", try report.json()), ("bench.md", Data(report.markdown.utf8)),
      ("bench.html", Data(report.html.utf8)),
    ] {
      try bytes.write(to: folder.appending(component: name), options: .atomic)
    }
    log.console.note("report in \(folder.path)/bench.html")
  }

  private static func text(_ path: String) throws -> String {
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw ValidationError("\(path) can't be read.")
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
