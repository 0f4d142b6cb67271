internal import Foundation
internal import NetCDF

/// The same granules converted by pixeldrill and by Python, in turns, each from its start to its end.
struct ConversionBench {
  private let config: BenchConfig.Conversion
  private let tools: BenchTools
  private let folder: String
  private let note: (String) -> Void

  init(
    _ config: BenchConfig.Conversion, tools: BenchTools, folder: String,
    note: @escaping (String) -> Void
  ) {
    self.config = config
    self.tools = tools
    self.folder = folder
    self.note = note
  }

  private struct Program {
    let name: String
    let explanation: String
    let command: [String]
  }

  func run(_ stacks: [String: BenchStack], into report: inout BenchReport) throws {
    guard let stack = stacks[config.stack] else { return }
    let job = BenchConfig.Job(
      name: "conversion", stack: config.stack, variable: config.variables[0], points: 1, box: nil,
      years: nil, days: config.days, without: nil)
    let granules = stack.granules(of: job)
    // Their own folder, so that a pattern names exactly them.
    let source = "\(folder)/conversion"
    try FileManager.default.createDirectory(
      atPath: source, withIntermediateDirectories: true)
    for (year, name) in granules {
      try FileManager.default.linkItem(
        atPath: "\(folder)/\(config.stack)/granules/\(year)/\(name)", toPath: "\(source)/\(name)")
    }
    let spec = stack.spec
    let decoded = try decodedByteCount(
      "\(source)/\(granules[0].name)", pixelCount: spec.rows * spec.columns * granules.count)
    let target = "\(folder)/converted"
    var runs: [[ProgramRun]] = []
    var sizes: [FolderSize] = []
    let programs = programs(source, target, spec)
    for repeated in 0..<config.repeats {
      for (index, program) in programs.enumerated() {
        note("converting by \(program.name), \(repeated + 1) of \(config.repeats)")
        let run = try ChildProcess.run(program.command)
        if repeated == 0 {
          runs.append([run])
          sizes.append(try FolderSize(target))
        } else {
          runs[index].append(run)
        }
        try FileManager.default.removeItem(atPath: target)
      }
    }
    for (index, program) in programs.enumerated() {
      report.conversions.append(
        .init(
          program: program.name, explanation: program.explanation,
          seconds: Spread(runs[index].map(\.seconds)),
          cpuSeconds: Spread(runs[index].map(\.cpuSeconds)).median,
          peakByteCount: runs[index].map(\.peakByteCount).max() ?? 0,
          objectCount: sizes[index].objectCount, byteCount: sizes[index].byteCount,
          decodedByteCount: decoded, granuleCount: granules.count))
    }
  }

  private func programs(
    _ source: String, _ target: String, _ spec: BenchConfig.Stack
  ) -> [Program] {
    let names = config.variables.joined(separator: ",")
    let (rows, columns) = (min(750, spec.rows), min(1000, spec.columns))
    let convert = [
      tools.executable, "convert", source, "--to", target, "--variables", names, "--chunk", "25x25",
    ]
    let codec = ["--codec", "blosc:zstd:1:shuffle"]
    var programs = [
      Program(
        name: "pixeldrill, Zarr v3",
        explanation:
          "convert, chunks of 25 × 25 in shards of \(rows) × \(columns), zstd 1, shuffle",
        command: convert + ["--shard", "\(rows)x\(columns)"] + codec),
      Program(
        name: "pixeldrill, Zarr v2", explanation: "convert, chunks of 25 × 25, zstd 1, shuffle",
        command: convert + ["--zarr-format", "2"] + codec),
    ]
    guard let python = tools.python else { return programs }
    programs += [
      Program(
        name: "xarray to_zarr",
        explanation:
          "xarray, dask and zarr-python: the same chunks, shards and codec as Zarr v3 above",
        command: [
          python, "\(tools.peers)/xarray_to_zarr.py", "\(source)/*.nc", target, names, "25",
          "\(rows)", "\(columns)",
        ]),
      Program(
        name: "prototype",
        explanation:
          "xarray to_zarr as the prototype did: chunks of 64 × 64 × 64, float32, Zarr v2",
        command: [
          python, "\(tools.peers)/prototype_to_zarr.py", "\(source)/*.nc", target, names,
        ]),
    ]
    return programs
  }

  /// Bytes of so many numbers of each variable, as stored in a granule.
  private func decodedByteCount(_ path: String, pixelCount: Int) throws -> Int {
    try config.variables.reduce(0) { sum, name in
      let one = try LibNetCDF.values(
        path: path, variable: name, region: [0..<1, 0..<1, 0..<1])
      return sum + one.count * pixelCount
    }
  }
}

/// The files below a folder.
struct FolderSize {
  private(set) var objectCount = 0
  private(set) var byteCount = 0

  init(_ folder: String) throws(BenchError) {
    guard let walker = FileManager.default.enumerator(atPath: folder) else {
      throw .file(path: folder, reason: "it can't be listed")
    }
    while walker.nextObject() != nil {
      guard walker.fileAttributes?[.type] as? FileAttributeType == .typeRegular else { continue }
      objectCount += 1
      byteCount += (walker.fileAttributes?[.size] as? NSNumber)?.intValue ?? 0
    }
  }
}
