import Rechunk
import Storage
import Synchronization
import ZarrWriter

/// Counts the objects of a store: those that should be there, their sizes and checksums, and
/// those that should not.
struct Census {
  let stored: StoredYear
  let readsObjects: Bool
  let width: Int
  let progress: VerificationProgress

  struct Result: Sendable {
    var lost: Set<StoreKey> = []
    /// There, but not as it was written.
    var damaged: Set<StoreKey> = []
    var checksums = 0
  }

  func run() async -> Result {
    var result = Result()
    let listed: [ObjectInfo]
    do throws(StoreError) {
      listed = try await stored.store.list(nil, recursive: true).objects
    } catch {
      stored.findings.add(Finding(.unreadable, "zarrs/\(stored.year)", "\(error)"))
      return result
    }
    var byteCounts: [StoreKey: Int] = [:]
    for object in listed { byteCounts[object.key] = object.byteCount }
    var readable: [ObjectRecord] = []
    for record in stored.manifest.objects {
      let place = stored.place(record.key.text)
      let variable = stored.variable(of: record.key)
      guard let byteCount = byteCounts.removeValue(forKey: record.key) else {
        stored.findings.add(
          Finding(
            .missing, place, variable: variable,
            "is gone; the manifest lists it with \(record.byteCount) bytes"))
        result.lost.insert(record.key)
        continue
      }
      guard byteCount == record.byteCount else {
        stored.findings.add(
          Finding(
            .differs, place, variable: variable,
            "has \(byteCount) bytes instead of \(record.byteCount)"))
        result.damaged.insert(record.key)
        continue
      }
      if readsObjects || stored.isMetadata(record.key) { readable.append(record) }
    }
    for key in byteCounts.keys.sorted() {
      stored.findings.add(
        Finding(.unexpected, stored.place(key.text), "isn't in the manifest; nothing reads it"))
    }
    progress.begin(
      VerificationProgress.reading, total: readable.reduce(0) { $0 + $1.byteCount })
    let damaged = await withTaskGroup(of: StoreKey?.self) { group in
      var damaged: Set<StoreKey> = []
      var waiting = readable[...]
      for _ in 0..<width {
        if let record = waiting.popFirst() { group.addTask { await check(record) } }
      }
      while let key = await group.next() {
        if let key { damaged.insert(key) }
        if let record = waiting.popFirst() { group.addTask { await check(record) } }
      }
      return damaged
    }
    result.damaged.formUnion(damaged)
    result.checksums = readable.count
    return result
  }

  /// - Returns: The key, if its bytes aren't those that were written.
  private func check(_ record: ObjectRecord) async -> StoreKey? {
    let place = stored.place(record.key.text)
    let variable = stored.variable(of: record.key)
    do throws(StoreError) {
      guard let found = try await checksum(of: record) else {
        stored.findings.add(Finding(.missing, place, "went away while it was read"))
        return nil
      }
      progress.add(record.byteCount)
      guard found != record.crc32c else { return nil }
      // A bit may have been flipped on the way.
      guard try await checksum(of: record) == found else {
        stored.findings.add(
          Finding(.unreadable, place, variable: variable, "gives other bytes at every reading"))
        return nil
      }
      stored.findings.add(
        Finding(
          .differs, place, variable: variable,
          "its checksum is \(hexadecimal(found)), it was written with "
            + hexadecimal(record.crc32c)))
      return record.key
    } catch {
      stored.findings.add(Finding(.unreadable, place, "\(error)"))
      return nil
    }
  }

  /// - Returns: `nil` if the object isn't there.
  private func checksum(of record: ObjectRecord) async throws(StoreError) -> UInt32? {
    var checksum = CRC32C()
    let step = 8 << 20
    for start in stride(from: 0, to: record.byteCount, by: step) {
      let range = start..<min(start + step, record.byteCount)
      guard let bytes = try await stored.store.read(record.key, .bounds(range)) else { return nil }
      bytes.withUnsafeBytes { checksum.update($0) }
    }
    return checksum.value
  }

  private func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

extension StoredYear {
  func isMetadata(_ key: StoreKey) -> Bool {
    ["zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata"].contains(key.name)
  }

  /// The variable that an object belongs to.
  func variable(of key: StoreKey) -> String? {
    guard let slash = key.text.firstIndex(of: "/") else { return nil }
    let name = String(key.text[..<slash])
    return manifest.variables[name] == nil ? nil : name
  }
}
