import CF
import NetCDF
public import Zarr
import ZarrWriter

/// Turns a stack and options into a plan. Pure: reads and writes nothing.
public struct PlanBuilder {
  private let stack: Stack
  private let options: ConversionOptions
  private let compressors: [String: Compressor]
  private let advisor: ShapeAdvisor
  private let unusable: Set<Int>

  /// - Parameters:
  ///   - compressors: What ``CodecSurvey`` chose for variables, where the options leave it open.
  ///   - unusable: Members that turned out to be unreadable; their steps are left out, while
  ///     what happens to variables stays as the whole stack decides.
  public init(
    stack: Stack, options: ConversionOptions, compressors: [String: Compressor] = [:],
    unusable: Set<Int> = []
  ) {
    self.stack = stack
    self.options = options
    self.compressors = compressors
    self.unusable = unusable
    advisor = ShapeAdvisor(cadenceSeconds: stack.cadenceSeconds)
  }

  /// - Throws: ``StackError``, ``TreatmentError``, ``ShapeError`` or ``MemoryError``.
  public func plan() throws -> ConversionPlan {
    if !stack.quarantined.isEmpty, !options.skipsBad {
      throw StackError.unreadableGranules(stack.quarantined)
    }
    let steps = try chosenSteps()
    let (treated, leftOut) = try treatedVariables()
    let timeAxis = try TimeAxis(stack)
    let byYear = Dictionary(grouping: steps) { $0.instant.year }
    func years(arena: Int) throws -> [YearPlan] {
      try byYear.keys.sorted().map {
        try yearPlan($0, byYear[$0] ?? [], treated, timeAxis, arena: arena)
      }
    }
    // Columns that fit are held as they are, and need narrower bands: that leaves more memory.
    let least = try memory(of: try years(arena: 0))
    let planned = try years(arena: least.arenaByteCount)
    return ConversionPlan(
      years: planned, leftOut: leftOut, memory: try memory(of: planned),
      chunkAlternatives: alternatives(treated))
  }

  /// The variables to convert with what happens to each, and those left out.
  func treatedVariables() throws -> (
    treated: [TreatedVariable], leftOut: [(name: String, reason: String)]
  ) {
    let known = stack.variables.map(\.name)
    let asked = (options.variables ?? []) + options.policies.keys.sorted()
    let unknown = asked.filter { !known.contains($0) && $0 != stack.timeName }
    guard unknown.isEmpty else { throw StackError.unknownVariables(unknown, known: known) }

    var treated: [TreatedVariable] = []
    var leftOut: [(name: String, reason: String)] = []
    for variable in stack.variables {
      let policy = options.policies[variable.name] ?? .automatic
      let isWanted =
        options.variables.map { $0.contains(variable.name) || variable.isFixed } ?? true
      if policy == .drop || !isWanted {
        leftOut.append((variable.name, policy == .drop ? "dropped" : "not asked for"))
      } else if case .unsupported(let reason) = variable.role,
        options.variables?.contains(variable.name) != true
      {
        leftOut.append((variable.name, reason))
      } else {
        treated.append(try stack.treatment(of: variable, policy: policy))
      }
    }
    return (treated, leftOut)
  }

  private func chosenSteps() throws -> [StackStep] {
    var steps = stack.steps.filter { !unusable.contains($0.member) }
    if let years = options.years { steps = steps.filter { years.contains($0.instant.year) } }
    guard !steps.isEmpty else { throw StackError.noSteps(years: options.years) }
    switch options.duplicates {
    case .refuse:
      let duplicates = stack.duplicates.filter { duplicate in
        options.years.map { $0.contains(duplicate.instant.year) } ?? true
      }
      guard duplicates.isEmpty else { throw StackError.duplicateTimes(duplicates) }
      return steps
    case .first, .last:
      var kept: [StackStep] = []
      for step in steps {
        if kept.last?.instant != step.instant {
          kept.append(step)
        } else if options.duplicates == .last {
          kept[kept.count - 1] = step
        }
      }
      return kept
    }
  }

  private func yearPlan(
    _ year: Int, _ steps: [StackStep], _ treated: [TreatedVariable], _ timeAxis: TimeAxis,
    arena: Int
  ) throws -> YearPlan {
    var arrays: [ArrayPlan] = []
    var wholes = [try timeArray(steps, timeAxis)]
    for variable in treated {
      switch variable.source.role {
      case .data:
        arrays.append(try arrayPlan(variable, stepCount: steps.count, arena: arena))
      case .fixed: wholes.append(try wholeArray(variable))
      case .unsupported: break
      }
    }
    return YearPlan(
      year: year, steps: steps, arrays: arrays, wholeArrays: wholes,
      attributes: stack.attributes, format: options.format)
  }

  private func timeArray(_ steps: [StackStep], _ axis: TimeAxis) throws -> WholeArray {
    let spec = try ArraySpec(
      path: stack.timeName, format: options.format, shape: [steps.count], dataType: axis.type,
      chunkShape: [steps.count], shardShape: nil, compressor: wholeCompressor,
      fillBits: options.format == .v2 ? nil : 0, dimensionNames: [timeDimension],
      attributes: axis.attributes, maskFill: false)
    return WholeArray(spec: spec, content: .time(axis.bytes(of: steps)))
  }

  private var timeDimension: String { stack.timeDimension ?? stack.timeName }

  private var wholeCompressor: Compressor {
    switch options.codec {
    case .automatic: .blosc(cname: .zstd, level: 1, shuffle: .byte)
    case .fixed(let compressor): compressor
    }
  }

  private func wholeArray(_ variable: TreatedVariable) throws -> WholeArray {
    let spec = try ArraySpec(
      path: variable.source.name, format: options.format, shape: variable.source.shape,
      dataType: variable.type, chunkShape: variable.source.shape.map { max(1, $0) },
      shardShape: nil, compressor: wholeCompressor, fillBits: fillBits(variable),
      dimensionNames: variable.source.dimensions, attributes: variable.attributes,
      maskFill: variable.masksFill)
    return WholeArray(spec: spec, content: .copied(variable.source))
  }

  /// Zarr v2 readers mask any fill value, so an array without missing values has none.
  private func fillBits(_ variable: TreatedVariable) -> UInt64? {
    options.format == .v2 && !variable.masksFill ? nil : variable.fillBits
  }

  /// - Parameter arena: What may be held of a column.
  private func arrayPlan(
    _ variable: TreatedVariable, stepCount: Int, arena: Int
  ) throws -> ArrayPlan {
    let shape = variable.source.shape
    let shapes = try ChunkShapes(variable, options: options, advisor: advisor)
    let sourceBytes = variable.source.type?.byteCount ?? 1
    let elementBytes = max(sourceBytes, variable.type.byteCount)
    let chunkBytes = stepCount * shapes.chunk.reduce(1, *) * elementBytes
    guard chunkBytes < 2_147_483_631 else {
      throw ShapeError.chunkTooLarge(variable: variable.source.name, byteCount: chunkBytes)
    }
    func layout(bandElements: Int) -> ArrayLayout {
      ArrayLayout(
        shape: shape, chunk: shapes.chunk, shard: shapes.shard, tiles: variable.source.tileShapes,
        bandElements: bandElements)
    }
    let narrow = layout(bandElements: 0)
    let pieceRecord = 2 * MemoryLayout<HeldPiece>.stride
    let plainColumn =
      stepCount
      * (narrow.columnElements * sourceBytes + narrow.bandsInLargestColumn * pieceRecord)
    let hold = HoldCodec(elementByteCount: sourceBytes, isPlain: plainColumn <= arena)
    // LZ4 does better on wider pieces.
    let chosen =
      hold.isPlain ? narrow : layout(bandElements: (24 << 20) / (stepCount * elementBytes))
    let bandBytes = chosen.band.reduce(sourceBytes, *)
    let isSharded = options.format == .v3 && !shape.isEmpty
    let spec = try ArraySpec(
      path: variable.source.name, format: options.format, shape: [stepCount] + shape,
      dataType: variable.type, chunkShape: [stepCount] + shapes.chunk,
      shardShape: isSharded ? [stepCount] + shapes.shard : nil,
      compressor: compressors[variable.source.name] ?? wholeCompressor,
      fillBits: fillBits(variable), dimensionNames: [timeDimension] + variable.source.dimensions,
      attributes: variable.attributes, maskFill: variable.masksFill)
    return ArrayPlan(
      spec: spec, variable: variable, layout: chosen, hold: hold,
      memory: MemoryNeed(
        readingWorker: 4 * variable.source.largestTileByteCount + 2 * bandBytes,
        writingWorker: (2 * chosen.chunksPerBand + 4) * chunkBytes + 2 * bandBytes
          + chosen.band.reduce(variable.type.byteCount, *) + ArrayPlan.batchByteCount,
        indexes: (hold.isPlain ? 0 : stepCount * chosen.bandsInLargestColumn * pieceRecord)
          + (4 << 20),
        plainColumn: plainColumn),
      decodedByteCount: stepCount * shape.reduce(1, *) * sourceBytes,
      objectCount: isSharded ? chosen.shardCount : chosen.chunkCount)
  }

  private func memory(of years: [YearPlan]) throws(MemoryError) -> MemoryPlan {
    try MemoryPlan(
      years.flatMap(\.arrays).map { ($0.spec.path, $0.memory) }, budget: options.memoryByteCount,
      threads: options.threads)
  }

  /// For the first variable with two dimensions in space: others' chunks have as many bytes.
  private func alternatives(_ treated: [TreatedVariable]) -> [ChunkAlternative] {
    guard
      let first = treated.first(where: { $0.source.role == .data && $0.source.shape.count > 1 })
    else { return [] }
    let advised = advisor.chunk(for: first)
    let shapes: [[Int]] = [advised.map { max(1, $0 / 2) }, advised, advised.map { $0 * 2 }]
    return shapes.map { chunk in
      let counts = zip(first.source.shape.suffix(2), chunk).map { ($0 + $1 - 1) / $1 }
      return ChunkAlternative(
        variable: first.source.name, chunk: chunk,
        chunkByteCount: chunk.reduce(advisor.stepsPerYear * first.type.byteCount, *),
        chunkCount: counts.reduce(1, *))
    }
  }
}

extension StackVariable {
  fileprivate var isFixed: Bool { role == .fixed }
}
