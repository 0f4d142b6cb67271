internal import Zarr

/// A rule that stands for many references: a key, a target and a range, for every combination of
/// its dimensions' values.
///
/// Source: kerchunk, "References specification", `gen`.
struct Generator {
  private let templates: Templates
  private let key: String
  private let target: String
  private let offset: String?
  private let byteCount: String?
  private let dimensions: [(name: String, values: Values)]

  private enum Values {
    case listed([TemplateValue])
    case stepped(start: Int, step: Int, count: Int)

    var count: Int {
      switch self {
      case .listed(let values): values.count
      case .stepped(_, _, let count): count
      }
    }

    subscript(index: Int) -> TemplateValue {
      switch self {
      case .listed(let values): values[index]
      case .stepped(let start, let step, _): .number(start + step * index)
      }
    }
  }

  init(_ object: JSONObject, _ templates: Templates) throws(ReferenceError) {
    self.templates = templates
    func bad(_ reason: String) -> ReferenceError {
      .notReferences(location: templates.location, reason: "in “gen”: \(reason)")
    }
    guard let key = object["key"]?.string, let target = object["url"]?.string else {
      throw bad("“key” or “url” is missing")
    }
    self.key = key
    self.target = target
    let range = ["offset", "length"].map { name in
      object[name].map { $0.string ?? $0.int.map(String.init) ?? "" }
    }
    offset = range[0]
    byteCount = range[1]
    guard (offset == nil) == (byteCount == nil) else { throw bad("an offset but no length") }
    guard let members = object["dimensions"]?.object?.members else {
      throw bad("“dimensions” is missing")
    }
    dimensions = try members.map { (member) throws(ReferenceError) in
      guard let values = Self.values(member.value) else {
        throw bad("the dimension “\(member.name)” is neither a list nor a range")
      }
      return (member.name, values)
    }
  }

  private static func values(_ value: JSONValue) -> Values? {
    if let list = value.array {
      let values = list.compactMap { item in
        item.int.map(TemplateValue.number) ?? item.string.map(TemplateValue.text)
      }
      return values.count == list.count ? .listed(values) : nil
    }
    guard let range = value.object, let stop = range["stop"]?.int else { return nil }
    let bound = 1 << 62
    guard let start = (range["start"] ?? 0).int, let step = (range["step"] ?? 1).int, step != 0,
      abs(start.clamped) < bound, abs(stop.clamped) < bound, abs(step.clamped) < bound
    else { return nil }
    let distance = step > 0 ? stop - start : start - stop
    let stride = abs(step)
    let count = distance <= 0 ? 0 : (distance - 1) / stride + 1
    return .stepped(start: start, step: step, count: count)
  }

  /// Adds the references it stands for, at most ``ReferenceCollector/generatedLimit``.
  func run(into collector: inout ReferenceCollector) throws(ReferenceError) {
    var count = 1
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension.values.count)
      guard !overflow, product <= ReferenceCollector.generatedLimit else {
        throw .tooLarge(
          location: templates.location, what: "generated references",
          limit: ReferenceCollector.generatedLimit)
      }
      count = product
    }
    for number in 0..<count {
      var rest = number
      var names: [String: TemplateValue] = [:]
      for (name, values) in dimensions.reversed() {
        names[name] = values[rest % values.count]
        rest /= values.count
      }
      try add(names, to: &collector)
    }
  }

  private func add(
    _ names: [String: TemplateValue], to collector: inout ReferenceCollector
  ) throws(ReferenceError) {
    let key = try templates.expand(key, names: names)
    var range: [Int] = []
    for text in [offset, byteCount] {
      guard let text else { continue }
      let number = try templates.expand(text, names: names)
      guard let value = Int(number), value >= 0,
        !(range.first ?? 0).addingReportingOverflow(value).overflow
      else {
        throw .badReference(
          location: templates.location, key: key,
          reason: "has the \(range.isEmpty ? "offset" : "length") \(number.prefix(40))")
      }
      range.append(value)
    }
    var url = try templates.expand(target, names: names)
    let target = url.withUTF8 { collector.target($0) }
    var bytes = key
    bytes.withUTF8 {
      collector.add(
        $0,
        ReferenceCollector.Row(
          target: target, offset: range.first ?? 0, byteCount: range.last ?? ChunkTable.toEnd))
    }
    collector.countGenerated()
    guard collector.generatedCount <= ReferenceCollector.generatedLimit else {
      throw .tooLarge(
        location: templates.location, what: "generated references",
        limit: ReferenceCollector.generatedLimit)
    }
  }
}

extension Int {
  /// Without the one number that has no opposite.
  fileprivate var clamped: Int { self == .min ? .max : self }
}
