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
    switch await context.source(location) {
    case .success(let entry): return entry
    case .failure(let error):
      findings.add(Finding(.unreadable, location, error.reason))
      return nil
    }
  }
}

/// Why a granule can't be compared with anything.
struct SourceError: Error { let reason: String }

extension Verification.Context {
  /// Has libnetcdf describe a granule.
  func source(_ location: String) async -> Result<SourceLibrary.Entry, SourceError> {
    do {
      let (store, key) = try open(try Location(location))
      guard let key, let info = try await store.info(key) else {
        return .failure(
          SourceError(reason: "the granule is gone, so nothing can be compared with it"))
      }
      let source = GranuleSource(store: store, key: key, info: info)
      return .success(
        SourceLibrary.Entry(source: source, witness: try await parser.witness(of: source)))
    } catch let error as GranuleError {
      return .failure(SourceError(reason: "\(error.reason)"))
    } catch {
      return .failure(SourceError(reason: "\(error)"))
    }
  }
}
