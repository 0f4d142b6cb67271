import CF
public import NetCDF
public import Storage
import ZarrWriter

/// Rechunks a stack into one Zarr store per year, below a root.
public struct Conversion: Sendable {
  private let stack: Stack
  private let plan: ConversionPlan
  private let parser: GranuleParser
  /// Holds `zarrs/<year>` and `manifests/<year>.json`.
  private let root: any ByteStore
  private let scratchFolder: String
  public let progress = ConversionProgress()

  public init(
    stack: Stack, plan: ConversionPlan, parser: GranuleParser, root: any ByteStore,
    scratchFolder: String
  ) {
    self.stack = stack
    self.plan = plan
    self.parser = parser
    self.root = root
    self.scratchFolder = scratchFolder
  }

  /// Throws if a store of one of the plan's years is there already; removes it, metadata first,
  /// if it may be replaced. What an unfinished run left is removed in either case.
  public func prepare(replacing: Bool) async throws {
    for year in plan.years {
      let prefix = Self.storeKey(year.year)
      let objects = try await root.list(prefix, recursive: true).objects.map(\.key)
      let metadata = objects.filter {
        Self.rootMetadata.contains($0.name) && $0 == prefix.appending($0.name)
      }
      guard metadata.isEmpty || replacing else {
        throw ConversionError.storeExists(location: "\(root.location)/\(prefix)")
      }
      try await root.delete(metadata)
      try await root.delete(objects.filter { !metadata.contains($0) })
    }
  }

  /// Converts all years.
  ///
  /// - Throws: the first error; no store of an unfinished year can be opened then.
  public func run() async throws -> [YearResult] {
    var results: [YearResult] = []
    for year in plan.years { results.append(try await run(year)) }
    return results
  }

  /// The files at a store's top by which readers open it.
  private static let rootMetadata = ["zarr.json", ".zgroup", ".zmetadata", ".zattrs"]

  private static func storeKey(_ year: Int) -> StoreKey { StoreKey(literal: "zarrs/\(year)") }

  private func run(_ year: YearPlan) async throws -> YearResult {
    let store = PrefixStore(root, prefix: Self.storeKey(year.year))
    var objects: [ObjectRecord] = []
    var specs: [ArraySpec] = []
    for whole in year.wholeArrays {
      objects += try await write(whole, to: store)
      specs.append(whole.spec)
    }
    var errors: [String: Double] = [:]
    for array in year.arrays {
      let run = ArrayRun(
        stack: stack, year: year, plan: array, parser: parser, store: store,
        threads: plan.threads, memoryByteCount: plan.memoryByteCount,
        scratchFolder: scratchFolder, progress: progress)
      let result = try await run.run()
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
      format: year.format, attributes: year.attributes, arrays: specs
    ).objects()
    for (key, bytes) in metadata {
      objects.append(
        ObjectRecord(key: key, byteCount: bytes.count, crc32c: CRC32C.checksum(bytes)))
    }
    let manifest = Manifest(
      stack: stack, year: year, objects: objects.sorted { $0.key < $1.key }, errors: errors)
    try await root.write(
      try manifest.json(), to: StoreKey(literal: "manifests/\(year.year).json"))
    for (key, bytes) in metadata { try await store.write(bytes, to: key) }
    return YearResult(
      year: year.year, steps: year.steps.count, granules: Set(year.steps.map(\.member)).count,
      objects: objects.count, byteCount: objects.reduce(0) { $0 + $1.byteCount },
      repackingErrors: errors)
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
