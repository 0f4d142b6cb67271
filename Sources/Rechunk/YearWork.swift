import CF
import NetCDF
import Storage
import Zarr
import ZarrWriter

/// What is done to a year's store while its lock is held.
struct YearWork: Sendable {
  let conversion: YearConversion
  let lock: WriteLock
  /// Writes only with the lock.
  let root: any ByteStore

  private var year: YearPlan { conversion.year }
  private var prefix: StoreKey { Conversion.storeKey(year.year) }
  private var store: PrefixStore { PrefixStore(root, prefix: prefix) }

  /// The files at a store's top by which readers open it.
  private static let rootMetadata = ["zarr.json", ".zgroup", ".zmetadata", ".zattrs"]

  private static let metadataNames = rootMetadata + [".zarray"]

  /// Makes the store anew.
  func begin() async throws -> YearResult {
    try await lock.confirm()
    try await Journal.remove(year.year, from: root)
    return try await resume()
  }

  /// Makes what no finished task has made.
  func resume() async throws -> YearResult {
    try await lock.confirm()
    let journal = try await journal()
    let (wholes, copies) = try await writeWholeArrays()
    var objects = wholes
    var errors: [String: Double] = [:]
    let results = try await YearRun(
      stack: conversion.stack, year: year, memory: conversion.memory, parser: conversion.parser,
      store: store, scratchFolder: conversion.scratchFolder, journal: journal,
      progress: conversion.progress
    ).run()
    for (array, result) in zip(year.arrays, results) {
      objects += result.objects
      if case .repack = array.variable.treatment {
        errors[array.spec.path] = result.largestError
      }
    }
    let metadata = try metadata(errors, copies)
    let manifest = manifest(objects, metadata, errors)
    try await lock.confirm()
    try await root.write(try manifest.json(), to: Manifest.key(year.year))
    let inner = metadata.filter { !Self.rootMetadata.contains($0.key.text) }
    _ = try await inOrder(inner, width: 8) { object in
      try await store.write(object.bytes, to: object.key)
    }
    for (key, bytes) in metadata where Self.rootMetadata.contains(key.text) {
      // Who took the lock over may be at the data, and mustn't have them shown.
      if key == metadata.last?.key { try await lock.confirm() }
      try await store.write(bytes, to: key)
    }
    // The journal may not be gone sooner than what it stood for is there for good.
    let written = wholes.map(\.key) + metadata.map(\.key)
    try await root.persist([Manifest.key(year.year)] + written.map(prefix.appending))
    try await lock.confirm()
    try await removeTraces()
    return YearResult(.written, manifest)
  }

  /// Writes all but the data, which stay as the manifest lists them.
  ///
  /// The manifest comes last: a run that is interrupted finds the old one, and does it again.
  func renew(_ before: Manifest) async throws -> YearResult {
    try await lock.confirm()
    try await root.removeUnfinishedUploads(below: prefix)
    conversion.progress.addResumed(year.decodedByteCount)
    var (objects, copies) = try await writeWholeArrays()
    for array in year.arrays {
      let path = StoreKey(literal: array.spec.path)
      objects += before.objects.filter {
        $0.key.isBelow(path) && !Self.metadataNames.contains($0.key.name)
      }
    }
    let errors = before.variables.compactMapValues(\.largestError)
    let metadata = try metadata(errors, copies)
    for (key, bytes) in metadata { try await store.write(bytes, to: key) }
    let manifest = manifest(objects, metadata, errors)
    try await lock.confirm()
    try await root.write(try manifest.json(), to: Manifest.key(year.year))
    try await removeTraces()
    return YearResult(.renewed, manifest)
  }

  /// Goes over a year that is complete, but whose run was killed at its very end.
  func tidy() async throws {
    try await root.removeUnfinishedUploads(below: prefix)
    try await removeTraces()
  }

  /// Removes what only an unfinished year has.
  private func removeTraces() async throws {
    let locks = try await root.list(StoreKey(literal: "locks"), recursive: true).objects
    // Others' temporary files may be among those of the manifests.
    if locks.allSatisfy({ $0.key.isBelow(LockRecord.folder(year.year)) }) {
      try await root.removeUnfinishedUploads(below: Manifest.folder)
    }
    try await Journal.remove(year.year, from: root)
  }

  /// Takes up the year where an earlier run left it. What no finished task accounts for is
  /// removed: first the files that make a store of it.
  private func journal() async throws -> Journal {
    if try await Journal.inputs(of: year.year, in: root) != conversion.inputs {
      try await Journal.begin(year.year, conversion.inputs, in: root)
    }
    try await root.delete(Self.rootMetadata.map(prefix.appending))
    try await root.delete([Manifest.key(year.year)])
    let stored = try await root.list(prefix, recursive: true).objects
    let journal = try await Journal.resume(year.year, in: root, lock: lock, stored: stored)
    let kept = Set(journal.objects.map(prefix.appending))
    try await root.delete(stored.map(\.key).filter { !kept.contains($0) })
    try await root.removeUnfinishedUploads(below: prefix)
    if journal.taskCount > 0 {
      conversion.notice(
        .resuming(
          year: year.year, finished: journal.taskCount,
          of: year.arrays.reduce(0) { $0 + $1.layout.columns.count }))
    }
    return journal
  }

  private func metadata(
    _ errors: [String: Double], _ copies: [ObjectCopy]
  ) throws -> [(key: StoreKey, bytes: [UInt8])] {
    let arrays = try year.arrays.map { array in
      try errors[array.spec.path].map {
        try array.spec.adding(Attribute("packing_error", .reals([$0], .float64)))
      } ?? array.spec
    }
    return HierarchyWriter(
      format: year.format, attributes: year.attributes,
      arrays: year.wholeArrays.map(\.spec) + arrays, copies: copies
    ).objects()
  }

  private func manifest(
    _ objects: [ObjectRecord], _ metadata: [(key: StoreKey, bytes: [UInt8])],
    _ errors: [String: Double]
  ) -> Manifest {
    let all =
      objects
      + metadata.map {
        ObjectRecord(key: $0.key, byteCount: $0.bytes.count, crc32c: CRC32C.checksum($0.bytes))
      }
    return Manifest(
      year: year.year, format: year.format.rawValue,
      variables: Manifest.Variable.all(of: conversion.stack, year: year, errors: errors),
      request: conversion.stack.request, inputs: conversion.inputs,
      objects: all.sorted { $0.key < $1.key })
  }

  private func writeWholeArrays() async throws -> (objects: [ObjectRecord], copies: [ObjectCopy]) {
    let written = try await inOrder(year.wholeArrays, width: 8) { array in
      let objects = try await write(array)
      return (objects, try await smallCopies(of: objects, array.spec))
    }
    return (written.flatMap(\.0), written.flatMap(\.1))
  }

  /// Of a coordinate that is one small object: readers need it whatever they are after.
  private func smallCopies(
    of objects: [ObjectRecord], _ spec: ArraySpec
  ) async throws -> [ObjectCopy] {
    guard spec.format == .v3, spec.dimensionNames == [spec.path], objects.count == 1,
      let object = objects.first, object.byteCount <= ObjectCopy.byteLimit,
      let bytes = try await store.read(object.key)
    else { return [] }
    return [ObjectCopy(key: object.key, bytes: bytes)]
  }

  private func write(_ array: WholeArray) async throws -> [ObjectRecord] {
    switch array.content {
    case .time(let bytes): return try await array.spec.writeArray(bytes, to: store)
    case .copied(let variable):
      let member = conversion.stack.members[year.memberToCopy(variable)]
      guard let stored = member.variable(variable.name) else { return [] }
      let bytes = try await conversion.parser.values(
        of: stored, in: member.granule, from: member.source, region: stored.shape.map { 0..<$0 })
      return try await array.spec.writeArray(bytes, to: store)
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
