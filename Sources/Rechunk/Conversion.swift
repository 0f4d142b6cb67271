import CF
public import NetCDF
public import Storage
public import Zarr
import ZarrWriter

/// Rechunks a stack into one Zarr store per year, below a root.
public struct Conversion: Sendable {
  private let stack: Stack
  private let options: ConversionOptions
  private let compressors: [String: Compressor]
  private let parser: GranuleParser
  /// Holds `zarrs/<year>` and `manifests/<year>.json`.
  private let root: any ByteStore
  private let scratchFolder: String
  /// What is done if all granules can be read.
  public let plan: ConversionPlan
  public let progress: ConversionProgress

  /// - Parameters:
  ///   - compressors: What ``CodecSurvey`` chose.
  ///   - clock: Counts the time of the stages, for a ``ConversionProfile``.
  /// - Throws: What ``PlanBuilder/plan()`` throws.
  public init(
    stack: Stack, options: ConversionOptions, compressors: [String: Compressor],
    parser: GranuleParser, root: any ByteStore, scratchFolder: String, clock: StageClock? = nil
  ) throws {
    progress = ConversionProgress(clock: clock)
    self.stack = stack
    self.options = options
    self.compressors = compressors
    self.parser = parser
    self.root = root
    self.scratchFolder = scratchFolder
    plan = try PlanBuilder(stack: stack, options: options, compressors: compressors).plan()
  }

  /// Converts all years of the plan.
  ///
  /// A store that is there already is an error, unless the options let it be replaced; what an
  /// unfinished run left is removed. A granule whose data turn out to be damaged ends the run, or
  /// is left out where the options say so; its year begins again then.
  ///
  /// - Throws: the first error; no store of an unfinished year can be opened then.
  public func run() async throws -> ConversionResult {
    try await refuseExistingStores()
    var result = ConversionResult(years: [], leftOut: stack.quarantined)
    var unusable: Set<Int> = []
    var waiting = plan.years[...]
    while let year = waiting.first {
      do {
        result.years.append(try await run(year))
        waiting = waiting.dropFirst()
      } catch let error as GranuleError where options.skipsBad && error.isAboutTheGranule {
        guard
          let member = stack.members.firstIndex(where: { $0.source.location == error.location }),
          unusable.insert(member).inserted
        else { throw error }
        result.leftOut.append(
          QuarantinedGranule(location: error.location, problem: .unreadable(error)))
        let done = result.years.map(\.year)
        let next = try PlanBuilder(
          stack: stack, options: options, compressors: compressors, unusable: unusable
        ).plan()
        waiting = next.years.filter { !done.contains($0.year) }[...]
      }
    }
    return result
  }

  private func refuseExistingStores() async throws {
    guard !options.replaces else { return }
    for year in plan.years {
      let prefix = Self.storeKey(year.year)
      for name in Self.rootMetadata
      where try await root.info(prefix.appending(name)) != nil {
        throw ConversionError.storeExists(location: "\(root.location)/\(prefix)")
      }
    }
  }

  /// Takes up a year where an earlier run left it, or begins it anew.
  ///
  /// What no finished task accounts for is removed: first the files that make a store of it.
  private func journal(_ year: Int, _ inputs: YearInputs) async throws -> Journal {
    let before = options.replaces ? nil : try await Journal.inputs(of: year, in: root)
    if before != inputs {
      try await Journal.remove(year, from: root)
      try await Journal.begin(year, inputs, in: root)
    }
    let prefix = Self.storeKey(year)
    try await root.delete(Self.rootMetadata.map(prefix.appending))
    let stored = try await root.list(prefix, recursive: true).objects
    let journal = try await Journal.resume(year, in: root, stored: stored)
    let kept = Set(journal.objects.map(prefix.appending))
    try await root.delete(stored.map(\.key).filter { !kept.contains($0) })
    try await root.removeUnfinishedUploads(below: prefix)
    return journal
  }

  /// The files at a store's top by which readers open it.
  private static let rootMetadata = ["zarr.json", ".zgroup", ".zmetadata", ".zattrs"]

  static func storeKey(_ year: Int) -> StoreKey { StoreKey(literal: "zarrs/\(year)") }

  private func run(_ year: YearPlan) async throws -> YearResult {
    let inputs = YearInputs(stack: stack, year: year, options: options, leftOut: [])
    let journal = try await journal(year.year, inputs)
    let store = PrefixStore(root, prefix: Self.storeKey(year.year))
    var objects: [ObjectRecord] = []
    var specs: [ArraySpec] = []
    var copies: [ObjectCopy] = []
    for whole in year.wholeArrays {
      let written = try await write(whole, to: store)
      objects += written
      specs.append(whole.spec)
      copies += try await smallCopies(of: written, whole.spec, in: store)
    }
    var errors: [String: Double] = [:]
    let results = try await YearRun(
      stack: stack, year: year, memory: plan.memory, parser: parser, store: store,
      scratchFolder: scratchFolder, journal: journal, progress: progress
    ).run()
    for (array, result) in zip(year.arrays, results) {
      objects += result.objects
      var spec = array.spec
      if case .repack = array.variable.treatment {
        errors[spec.path] = result.largestError
        spec = try spec.adding(
          Attribute("packing_error", .reals([result.largestError], .float64)))
      }
      specs.append(spec)
    }
    let metadata = HierarchyWriter(
      format: year.format, attributes: year.attributes, arrays: specs, copies: copies
    ).objects()
    for (key, bytes) in metadata {
      objects.append(
        ObjectRecord(key: key, byteCount: bytes.count, crc32c: CRC32C.checksum(bytes)))
    }
    let manifest = Manifest(
      stack: stack, year: year, inputs: inputs, objects: objects.sorted { $0.key < $1.key },
      errors: errors)
    try await root.write(try manifest.json(), to: Manifest.key(year.year))
    for (key, bytes) in metadata { try await store.write(bytes, to: key) }
    try await Journal.remove(year.year, from: root)
    return YearResult(
      year: year.year, steps: year.steps.count, granules: Set(year.steps.map(\.member)).count,
      objects: objects.count, byteCount: objects.reduce(0) { $0 + $1.byteCount },
      repackingErrors: errors)
  }

  /// Of a coordinate that is one small object: readers need it whatever they are after.
  private func smallCopies(
    of objects: [ObjectRecord], _ spec: ArraySpec, in store: any ByteStore
  ) async throws -> [ObjectCopy] {
    guard spec.format == .v3, spec.dimensionNames == [spec.path], objects.count == 1,
      let object = objects.first, object.byteCount <= ObjectCopy.byteLimit,
      let bytes = try await store.read(object.key)
    else { return [] }
    return [ObjectCopy(key: object.key, bytes: bytes)]
  }

  private func write(_ array: WholeArray, to store: any ByteStore) async throws -> [ObjectRecord] {
    switch array.content {
    case .time(let bytes): return try await array.spec.writeArray(bytes, to: store)
    case .copied(let variable):
      let member = stack.members[variable.presentIn[0]]
      guard let stored = member.variable(variable.name) else { return [] }
      let bytes = try await parser.values(
        of: stored, in: member.granule, from: member.source, region: stored.shape.map { 0..<$0 })
      return try await array.spec.writeArray(bytes, to: store)
    }
  }
}

/// What came of a conversion.
public struct ConversionResult: Sendable {
  public var years: [YearResult]
  /// Granules that were left out, while scanning or later.
  public var leftOut: [QuarantinedGranule]
}

extension GranuleError {
  /// Whether the file is at fault, rather than the way to it.
  var isAboutTheGranule: Bool {
    switch reason {
    case .notNetCDF, .damaged, .unsupported, .crashed, .timedOut: true
    case .noParser, .absent, .storage: false
    }
  }
}

/// What came of one year.
public struct YearResult: Hashable, Sendable {
  public let year: Int
  public let steps: Int
  public let granules: Int
  public let objects: Int
  /// Bytes of all objects of the store.
  public let byteCount: Int
  /// The largest error of each repacked variable, in its units.
  public let repackingErrors: [String: Double]
}

public enum ConversionError: Error, Hashable, Sendable, CustomStringConvertible {
  case storeExists(location: String)

  public var description: String {
    switch self {
    case .storeExists(let location):
      "\(location) exists; remove it, choose another root, or replace it with --fresh"
    }
  }
}

extension ArraySpec {
  fileprivate func adding(_ attribute: Attribute) throws(ArraySpecError) -> ArraySpec {
    try ArraySpec(
      path: path, format: format, shape: shape, dataType: dataType, chunkShape: chunkShape,
      shardShape: shardShape, compressor: compressor, fillBits: fillBits,
      dimensionNames: dimensionNames, attributes: attributes + [attribute], maskFill: maskFill)
  }
}
