import NetCDF
import Storage

/// The granules that a store was made of, each described by libnetcdf once.
actor SourceLibrary {
  struct Entry: Sendable {
    let source: GranuleSource
    let witness: Witness
  }

  private let context: Verification.Context
  private let findings: FindingList
  private var entries: [String: Task<Entry?, Never>] = [:]

  init(context: Verification.Context, findings: FindingList) {
    self.context = context
    self.findings = findings
  }

  nonisolated var parser: GranuleParser { context.parser }

  /// - Returns: `nil` if it can't be read, which is a finding then.
  func entry(_ location: String) async -> Entry? {
    if let known = entries[location] { return await known.value }
    let context = context
    let findings = findings
    let task = Task { await Self.open(location, context, findings) }
    entries[location] = task
    return await task.value
  }

  private static func open(
    _ location: String, _ context: Verification.Context, _ findings: FindingList
  ) async -> Entry? {
    do {
      let (store, key) = try context.open(try Location(location))
      guard let key, let info = try await store.info(key) else {
        findings.add(
          Finding(.unreadable, location, "the granule is gone, so nothing can be compared with it"))
        return nil
      }
      let source = GranuleSource(store: store, key: key, info: info)
      return Entry(source: source, witness: try await context.parser.witness(of: source))
    } catch let error as GranuleError {
      findings.add(Finding(.unreadable, location, "\(error.reason)"))
    } catch {
      findings.add(Finding(.unreadable, location, "\(error)"))
    }
    return nil
  }
}
