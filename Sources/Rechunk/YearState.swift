import NetCDF
import Storage

/// What is there of a year below a root.
enum YearState: Sendable {
  case nothing
  /// Something that no run of ours accounts for.
  case foreign(StoreKey)
  /// A run was interrupted. `nil` if what it was about can't be read.
  case unfinished(YearInputs?)
  case complete(Manifest)

  var inputs: YearInputs? {
    switch self {
    case .nothing, .foreign: nil
    case .unfinished(let inputs): inputs
    case .complete(let manifest): manifest.inputs
    }
  }

  static func find(_ year: Int, in root: any ByteStore) async throws -> YearState {
    // Asked for together: a distant store takes as long for all as for one.
    async let finished = Manifest.read(year, in: root)
    async let journal = Journal.inputs(of: year, in: root)
    async let info = root.info(Journal.inputsKey(year))
    let manifest = try await finished
    let begun = try await journal
    let hasJournal = try await info != nil
    if let manifest, try await isVisible(year, format: manifest.format, in: root) {
      // A journal of the same is what is left of the run that made it.
      let isOver = begun.map { $0.differences(from: manifest.inputs).isEmpty } ?? true
      return isOver ? .complete(manifest) : .unfinished(begun)
    }
    if hasJournal { return .unfinished(begun) }
    if let manifest { return .unfinished(manifest.inputs) }
    let stored = try await root.list(Conversion.storeKey(year), recursive: true).objects
    return stored.first.map { .foreign($0.key) } ?? .nothing
  }

  /// Whether there is a manifest, and the object that makes a complete store of what it lists: the
  /// last one written. A manifest of another version counts.
  static func isComplete(_ year: Int, in root: any ByteStore) async throws -> Bool {
    let format: Int
    do {
      guard let manifest = try await Manifest.read(year, in: root) else { return false }
      format = manifest.format
    } catch is ManifestError {
      for format in [3, 2] where try await isVisible(year, format: format, in: root) {
        return true
      }
      return false
    }
    return try await isVisible(year, format: format, in: root)
  }

  private static func isVisible(
    _ year: Int, format: Int, in root: any ByteStore
  ) async throws -> Bool {
    let name = format == 2 ? ".zmetadata" : "zarr.json"
    return try await root.info(Conversion.storeKey(year).appending(name)) != nil
  }
}

/// What to do about a year.
enum YearDecision: Sendable {
  case leave(Manifest)
  /// Everything but the data, which are right.
  case renew(Manifest, [InputDifference])
  /// What an interrupted run did is still right.
  case resume
  case begin([InputDifference])

  /// - Parameter leavesOutBad: Whether granules with damaged data may be left out.
  /// - Throws: ``ConversionError`` if something would be lost, or become another thing, that
  ///   nobody asked for.
  init(
    _ state: YearState, _ inputs: YearInputs, location: String, leavesOutBad: Bool
  ) throws(ConversionError) {
    guard let before = state.inputs else {
      if case .foreign(let key) = state { throw .storeExists(location: location, key: key) }
      self = .begin([])
      return
    }
    if !leavesOutBad { try Self.refuseBad(before, inputs, location) }
    let differences = inputs.differences(from: before)
    let ofArrays = differences.filter(\.isOfArrays)
    let options = differences.filter(\.isOption)
    guard options.isEmpty else {
      throw .optionsDiffer(location: location, options.map(\.description))
    }
    let missing = differences.filter(\.isMissingGranule)
    guard missing.isEmpty else {
      throw .granulesMissing(location: location, missing.map(\.description))
    }
    let isTouched = differences.contains(where: \.isOfData)
    guard case .complete(let manifest) = state else {
      let isOfOtherTool = differences.contains(where: \.isOfTool)
      let begins = isTouched || !ofArrays.isEmpty || isOfOtherTool
      self = begins ? .begin(differences.filter { $0 != .details }) : .resume
      return
    }
    guard isTouched || ofArrays.isEmpty else {
      throw .stackDiffers(location: location, ofArrays.map(\.description))
    }
    let reasons = differences.filter { !$0.isOfTool }
    if isTouched {
      self = .begin(reasons.filter { $0 != .details })
    } else {
      self = reasons.isEmpty ? .leave(manifest) : .renew(manifest, reasons)
    }
  }

  /// A granule that was left out, and hasn't changed since, would end the run half-way.
  private static func refuseBad(
    _ before: YearInputs, _ inputs: YearInputs, _ location: String
  ) throws(ConversionError) {
    for bad in before.leftOut where inputs.sources.contains(where: { bad.isData(of: $0) }) {
      throw .stillBad(location: location, granule: bad.location, reason: bad.reason)
    }
  }
}

extension Manifest.LeftOut {
  /// Whether these are the data that were found damaged.
  private func isData(_ location: String, _ byteCount: Int, _ etag: String?, _ modified: Double?)
    -> Bool
  {
    guard let info, self.location == location else { return false }
    return info.byteCount == byteCount && info.etag == etag && info.modifiedSeconds == modified
  }

  func isData(of source: Manifest.Source) -> Bool {
    isData(source.location, source.byteCount, source.etag, source.modifiedSeconds)
  }

  func isData(of source: GranuleSource) -> Bool {
    isData(
      source.location, source.info.byteCount, source.info.etag, source.info.modifiedSeconds)
  }
}
