import Foundation

/// In what a year's inputs differ from those of an earlier run.
enum InputDifference: Hashable, Sendable, CustomStringConvertible {
  /// Another version of the tool.
  case tool(was: String)
  case option(String, was: String?, now: String?)
  case newArray(String)
  case missingArray(String)
  case array(String, property: String, was: String?, now: String?)
  case newGranule(String)
  case missingGranule(String)
  case changedGranule(String, how: String)
  /// The same granule elsewhere.
  case movedGranule(String)
  /// Attributes, coordinates, granules left out: what is rewritten without reading data.
  case details

  var isOption: Bool {
    if case .option = self { return true }
    return false
  }

  /// Arrays are stored otherwise.
  var isOfArrays: Bool {
    switch self {
    case .newArray, .missingArray, .array: true
    default: false
    }
  }

  /// A granule's data may be others than those in the store.
  var isOfData: Bool {
    switch self {
    case .newGranule, .missingGranule, .changedGranule: true
    default: false
    }
  }

  var isMissingGranule: Bool {
    if case .missingGranule = self { return true }
    return false
  }

  var isOfTool: Bool {
    if case .tool = self { return true }
    return false
  }

  var description: String {
    func text(_ value: String?) -> String { value ?? "not set" }
    switch self {
    case .tool(let was): return "it was begun by \(was)"
    case .option(let name, let was, let now):
      return "\(name) was \(text(was)), is \(text(now))"
    case .newArray(let name): return "\(name) was not converted, and is to be"
    case .missingArray(let name): return "\(name) was converted, and is not to be"
    case .array(let name, let property, let was, let now):
      return "\(name): \(property) was \(text(was)), is \(text(now))"
    case .newGranule(let location): return "granule \(location) is new"
    case .missingGranule(let location): return "granule \(location) is not among the inputs now"
    case .changedGranule(let location, let how): return "granule \(location) changed: \(how)"
    case .movedGranule(let location): return "granule \(location) was elsewhere"
    case .details: return "attributes, coordinates or what was left out are others now"
    }
  }
}

extension YearInputs {
  /// What is different here from what was before.
  ///
  /// Arrays differ if their values are stored otherwise; then the options that differ are named
  /// first. Options that come to the same make no difference.
  func differences(from before: YearInputs) -> [InputDifference] {
    var found = arrayDifferences(before)
    if !found.isEmpty {
      found =
        Set(options.keys).union(before.options.keys).sorted()
        .filter { options[$0] != before.options[$0] }
        .map { .option($0, was: before.options[$0], now: options[$0]) } + found
    }
    found += sourceDifferences(before)
    if detailsCRC32C != before.detailsCRC32C || leftOut != before.leftOut { found.append(.details) }
    if tool != before.tool { found.append(.tool(was: before.tool)) }
    return found
  }

  private func arrayDifferences(_ before: YearInputs) -> [InputDifference] {
    Set(arrays.keys).union(before.arrays.keys).sorted().flatMap { name -> [InputDifference] in
      guard let was = before.arrays[name] else { return [.newArray(name)] }
      guard let now = arrays[name] else { return [.missingArray(name)] }
      return Set(was.keys).union(now.keys).sorted().filter { was[$0] != now[$0] }
        .map { .array(name, property: $0, was: was[$0], now: now[$0]) }
    }
  }

  /// Granules are the same if they are of the same times.
  private func sourceDifferences(_ before: YearInputs) -> [InputDifference] {
    let old = Dictionary(before.sources.map { ($0.times, $0) }, uniquingKeysWith: { $1 })
    let new = Set(sources.map(\.times))
    var found: [InputDifference] = []
    for source in sources {
      guard let was = old[source.times] else {
        found.append(.newGranule(source.location))
        continue
      }
      if let how = source.change(since: was) {
        found.append(.changedGranule(source.location, how: how))
      } else if !source.isAt(was.location) {
        found.append(.movedGranule(source.location))
      }
    }
    for source in before.sources where !new.contains(source.times) {
      found.append(.missingGranule(source.location))
    }
    return found
  }
}

extension Manifest.Source {
  /// How the file differs; `nil` if nothing says that it does.
  fileprivate func change(since before: Manifest.Source) -> String? {
    if byteCount != before.byteCount { return "\(before.byteCount) bytes then, \(byteCount) now" }
    if let etag, let was = before.etag {
      return etag == was ? nil : "ETag \(was) then, \(etag) now"
    }
    guard modifiedSeconds != before.modifiedSeconds else { return nil }
    func date(_ seconds: Double?) -> String {
      seconds.map {
        Date(timeIntervalSince1970: $0)
          .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
      } ?? "at an unknown time"
    }
    return "modified \(date(before.modifiedSeconds)) then, \(date(modifiedSeconds)) now"
  }

  /// Whether two ways of writing a place mean the same.
  fileprivate func isAt(_ other: String) -> Bool {
    func absolute(_ location: String) -> String {
      location.contains("://") ? location : URL(fileURLWithPath: location).standardized.path
    }
    return location == other || absolute(location) == absolute(other)
  }
}
