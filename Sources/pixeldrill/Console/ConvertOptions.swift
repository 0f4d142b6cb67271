import ArgumentParser
import Foundation
import Rechunk
import S3
import Storage
import Zarr

/// What `plan` and `convert` have in common.
struct ConvertOptions: ParsableArguments {
  @OptionGroup var input: InputOptions
  @Option(help: "Root of the stores: zarrs/<year> below it.") var to: String?
  @Option(help: "A pipeline file; options given here win over it.") var pipeline: String?
  @Option(help: "Variables to convert, with commas; all by default.") var variables: String?
  @Option(help: "Years to convert: 2010 or 2010..2012.") var years: String?
  @Option(help: "The most memory that may be held.") var memory = "2GiB"
  @Option(help: "Workers at once; one for each core by default.") var threads: Int?
  @Option(help: "Zarr format: 3 (sharded) or 2.") var zarrFormat: Int?
  @Option(help: "Chunk extents in space, as 25x25; advised by default.") var chunk: String?
  @Option(help: "Shard extents in space, as 750x1000.") var shard: String?
  @Option(help: "\(CodecText.form).") var codec: String?
  @Flag(help: "Leave out granules that can't be used.") var skipBad = false
  @OptionGroup var access: AccessOptions
  @OptionGroup var log: LogOptions

  func validate() throws {
    guard pipeline != nil || !input.inputs.isEmpty else {
      throw ValidationError("Name granules to convert, or a --pipeline.")
    }
    guard pipeline != nil || to != nil else { throw ValidationError("Say where with --to ROOT.") }
    if let threads, threads < 1 { throw ValidationError("--threads is \(threads); at least 1.") }
    if let zarrFormat, ZarrFormat(rawValue: zarrFormat) == nil {
      throw ValidationError("--zarr-format is \(zarrFormat); 2 or 3.")
    }
    if zarrFormat == 2, shard != nil {
      throw ValidationError("--shard: Zarr v2 has no shards; leave it out or use --zarr-format 3.")
    }
    try check(ByteCount.parse(memory), "memory", memory, "2GiB or 512MiB")
    if let years { try check(parseYears(years), "years", years, "2010 or 2010..2012") }
    if let chunk { try check(parseExtents(chunk), "chunk", chunk, "25x25") }
    if let shard { try check(parseExtents(shard), "shard", shard, "750x1000") }
    if let codec { try check(CodecText.parse(codec), "codec", codec, CodecText.form) }
  }

  private func check<Value>(
    _ value: Value?, _ option: String, _ text: String, _ form: String
  ) throws {
    guard value != nil else {
      throw ValidationError("--\(option) is “\(text)”; it has the form \(form).")
    }
  }

  /// Opens stores as the command line says, then as the pipeline does.
  ///
  /// - Parameter clock: Counts what a conversion's stages take.
  func session(_ request: Pipeline, clock: StageClock? = nil) -> Session {
    var options = access.storeOptions
    options.clock = clock
    options.region = options.region ?? request.region
    options.endpointURL = options.endpointURL ?? request.endpointURL
    options.anonymous = options.anonymous || request.isAnonymous
    return Session(log: log.console, access: Access(options), clock: clock)
  }

  /// The pipeline, if there is one, with what the command line says on top.
  func request() throws -> Pipeline {
    var options = ConversionOptions(
      threads: threads ?? ProcessInfo.processInfo.activeProcessorCount)
    options.memoryByteCount = ByteCount.parse(memory) ?? options.memoryByteCount
    if let limit = MemoryLimit.current, limit.affordableByteCount < options.memoryByteCount {
      guard limit.affordableByteCount >= 16 << 20 else { throw MemoryLimitError(limit) }
      log.console.note("\(limit), so --memory is \(limit.affordableByteCount >> 20) MiB")
      options.memoryByteCount = limit.affordableByteCount
    }
    var request = Pipeline(product: nil, options: options)
    if let pipeline {
      guard let bytes = FileManager.default.contents(atPath: pipeline) else {
        throw PipelineError(file: pipeline, line: nil, problem: "can't be read")
      }
      request = try Pipeline(
        yaml: String(decoding: bytes, as: UTF8.self), file: pipeline, options: options)
    }
    if !input.inputs.isEmpty { request.inputs = input.inputs }
    request.target = to ?? request.target
    request.time = input.time ?? request.time
    if let variables {
      request.options.variables = variables.split(separator: ",").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
    request.options.years = years.flatMap(parseYears) ?? request.options.years
    request.options.format =
      zarrFormat.flatMap(ZarrFormat.init(rawValue:)) ?? request.options.format
    request.options.chunk = chunk.flatMap(parseExtents) ?? request.options.chunk
    request.options.shard = shard.flatMap(parseExtents) ?? request.options.shard
    request.options.codec = codec.flatMap(CodecText.parse) ?? request.options.codec
    request.options.skipsBad = skipBad
    guard !request.inputs.isEmpty else {
      throw PipelineError(
        file: pipeline ?? "", line: nil, problem: "it names no inputs; give them as arguments")
    }
    return request
  }
}
