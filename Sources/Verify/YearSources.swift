import CF
import NetCDF
import Rechunk
import Storage

/// The granules of one year and the steps of its store, as libnetcdf reads them.
struct YearSources: Sendable {
  struct Step: Hashable, Sendable {
    /// Index into ``members``.
    let member: Int
    /// Zero-based step within the granule; `nil` if the granule has no such time.
    let index: Int?
    let time: String
  }

  /// In the order of the manifest; `nil` where a granule can't be read.
  let members: [SourceLibrary.Entry?]
  /// Ascending in time: the steps of the store.
  let steps: [Step]

  init(stored: StoredYear, library: SourceLibrary, width: Int) async {
    let records = stored.manifest.sources
    let name = stored.timeName
    var members = [SourceLibrary.Entry?](repeating: nil, count: records.count)
    var times = [[String]?](repeating: nil, count: records.count)
    await withTaskGroup(of: (Int, SourceLibrary.Entry?, [String]?).self) { group in
      var next = 0
      func start() {
        guard next < records.count else { return }
        let index = next
        next += 1
        group.addTask {
          guard let entry = await library.entry(records[index].location) else {
            return (index, nil, nil)
          }
          Self.compare(records[index], with: entry, stored)
          return (index, entry, await Self.times(of: entry, name, library, stored))
        }
      }
      for _ in 0..<width { start() }
      while let (index, entry, moments) = await group.next() {
        members[index] = entry
        times[index] = moments
        start()
      }
    }
    var steps: [Step] = []
    for (member, record) in records.enumerated() {
      for time in record.times {
        let index = times[member]?.firstIndex(of: time)
        if let known = times[member], index == nil {
          var finding = Finding(
            .differs, record.location, variable: name, time: time,
            "the manifest has a step at this time, the granule's are "
              + known.prefix(4).joined(separator: ", ") + (known.count > 4 ? ", …" : ""))
          finding.expected = known.first
          finding.found = time
          stored.findings.add(finding)
        }
        steps.append(Step(member: member, index: index, time: time))
      }
    }
    // Without the Z, a moment with a fraction comes after the one without.
    steps.sort { ($0.time.dropLast(), $0.member) < ($1.time.dropLast(), $1.member) }
    self.members = members
    self.steps = steps
  }

  /// Whether a granule is still the one that was converted.
  private static func compare(
    _ record: Manifest.Source, with entry: SourceLibrary.Entry, _ stored: StoredYear
  ) {
    let info = entry.source.info
    var changes: [String] = []
    if info.byteCount != record.byteCount {
      changes.append("it has \(info.byteCount) bytes instead of \(record.byteCount)")
    }
    if let etag = info.etag, let known = record.etag, etag != known {
      changes.append("its ETag is \(etag) instead of \(known)")
    } else if info.etag == nil, let time = info.modifiedSeconds, let known = record.modifiedSeconds,
      abs(time - known) > 1e-6
    {
      changes.append(
        "it was written \(Int(abs(time - known))) s \(time > known ? "later" : "before")")
    }
    if !changes.isEmpty {
      stored.findings.add(
        Finding(
          .differs, record.location,
          "the granule was replaced since it was converted: \(changes.joined(separator: ", "))"))
    }
    for (name, packing) in record.packing.sorted(by: { $0.key < $1.key }) {
      guard let variable = entry.witness.variable(name) else {
        stored.findings.add(
          Finding(.differs, record.location, variable: name, "the granule doesn't have it"))
        continue
      }
      let rule = SourcePacking(variable)
      for (word, found, expected) in [
        ("scale_factor", packing.scaleFactor ?? 1, rule.scale),
        ("add_offset", packing.addOffset ?? 0, rule.offset),
      ] where found != expected {
        var finding = Finding(
          .differs, record.location, variable: name, time: record.times.first,
          "the manifest says \(word) \(found), the granule \(expected)")
        (finding.found, finding.expected) = ("\(found)", "\(expected)")
        stored.findings.add(finding)
      }
    }
    for name in record.absentVariables where entry.witness.variable(name) != nil {
      stored.findings.add(
        Finding(
          .differs, record.location, variable: name,
          "the manifest says that the granule doesn't have it"))
    }
  }

  /// The moments of a granule; `nil` if they can't be read, which is a finding then.
  private static func times(
    of entry: SourceLibrary.Entry, _ name: String?, _ library: SourceLibrary, _ stored: StoredYear
  ) async -> [String]? {
    let location = entry.source.location
    guard let name, let variable = entry.witness.variable(name), let type = variable.type,
      let units = variable.timeUnits
    else {
      stored.findings.add(
        Finding(.differs, location, "the granule has no time coordinate “\(name ?? "")”"))
      return nil
    }
    do throws(GranuleError) {
      let bytes = try await library.parser.witnessed(
        [Window(variable: name, region: nil)], in: entry.source)[0]
      return units.moments(of: bytes, type)
    } catch {
      stored.findings.add(Finding(.unreadable, location, variable: name, "\(error.reason)"))
      return nil
    }
  }
}

extension Witness.Variable {
  var timeUnits: TimeUnits? {
    guard let text = attributes["units"]?.text,
      let calendar = CFCalendar(attribute: attributes["calendar"]?.text)
    else { return nil }
    return TimeUnits(text, calendar: calendar)
  }
}

extension TimeUnits {
  /// Numbers of time as ISO 8601; “no date” where one isn't.
  func moments(of bytes: [UInt8], _ type: DataType) -> [String] {
    type.numbers(bytes).map { number in
      let instant =
        switch number {
        case .whole(let value): instant(value)
        case .real(let value): instant(value)
        }
      return instant?.description ?? "no date"
    }
  }
}
