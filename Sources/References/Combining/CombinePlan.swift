internal import CF
internal import NetCDF
internal import Storage

/// Which granules go into which combined set: decided before any set is made.
struct CombinePlan: Sendable {
  struct PlannedSet: Sendable {
    /// Without `.json`: the period, what the granules' names have after their date, and the era's
    /// letter.
    let name: String
    /// In order of time.
    let members: [CombineMember]
  }

  let sets: [PlannedSet]

  /// Splits granules into periods, and each period into eras: equal layout, and equal packing.
  ///
  /// A period whose packing changes so often that eras hold fewer than two granules on average is
  /// refused: sets of single granules are not what was asked for.
  init(_ members: [CombineMember], by length: CombinePeriod) throws(CombineError) {
    let ordered = members.sorted { $0.instants[0] < $1.instants[0] }
    for (earlier, later) in zip(ordered, ordered.dropFirst()) {
      guard let last = earlier.instants.last, last < later.instants[0] else {
        throw .sameTime(
          "\(later.instants[0])", first: earlier.source.location, second: later.source.location)
      }
    }
    var sets: [PlannedSet] = []
    for (period, members) in Self.grouped(ordered, by: { $0.period(length) }) {
      var eras: [[CombineMember]] = []
      for (_, alike) in Self.grouped(members, by: \.layouts) {
        let packed = Self.grouped(alike, by: \.packings).map(\.members)
        guard packed.count == 1 || packed.count * 2 <= alike.count else {
          throw .packingDiffers(PackingConflict(alike, period: period))
        }
        eras += packed
      }
      eras.sort { $0[0].instants[0] < $1[0].instants[0] }
      guard eras.count <= 26 else { throw .tooManyEras(period: period, count: eras.count) }
      for (number, members) in eras.enumerated() {
        let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number)))
        let suffix = Self.suffix(of: members.map(\.source.key.name))
        sets.append(PlannedSet(name: "\(period)\(suffix)_\(letter)", members: members))
      }
    }
    self.sets = sets
  }

  private static func grouped<Key: Hashable>(
    _ members: [CombineMember], by key: (CombineMember) -> Key
  ) -> [(key: Key, members: [CombineMember])] {
    var order: [Key] = []
    var groups: [Key: [CombineMember]] = [:]
    for member in members {
      let key = key(member)
      if groups[key, default: []].isEmpty { order.append(key) }
      groups[key, default: []].append(member)
    }
    return order.map { ($0, groups[$0] ?? []) }
  }

  /// What granules' names have in common after their date, without the extension:
  /// `20200101152000-ABOM-night.nc` gives `-ABOM-night`.
  static func suffix(of names: [String]) -> String {
    let suffixes = Set(names.map(suffix))
    return suffixes.count == 1 ? suffixes.first ?? "" : ""
  }

  private static func suffix(of name: String) -> String {
    let base = name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
    let characters = Array(base)
    var start = 0
    while start < characters.count {
      var end = start
      while end < characters.count, characters[end].isASCII, characters[end].isNumber { end += 1 }
      if end - start >= 8 {
        // A clock after the date: `T053000Z`.
        var rest = end
        if rest < characters.count, characters[rest] == "T" {
          rest += 1
          while rest < characters.count, characters[rest].isNumber { rest += 1 }
          if rest < characters.count, characters[rest] == "Z" { rest += 1 }
          if rest - end >= 5 { end = rest }
        }
        return String(characters[end...])
      }
      start = max(end, start + 1)
    }
    return "-" + base
  }
}

extension PackingConflict {
  /// - Precondition: There are several members, in order of time and alike in layout.
  init(_ members: [CombineMember], period: String) {
    let first = members[0]
    var entries: [Entry] = []
    for (index, layout) in first.layouts.enumerated() {
      guard let packing = first.packings[index],
        Set(members.map { $0.packings[index] }).count > 1
      else { continue }
      var worst: (error: Double?, granule: String) = (0, first.source.location)
      for member in members {
        guard let other = member.packings[index], other != packing else { continue }
        let error = Self.largestError(reading: other, as: packing, member.storedRanges[index])
        if (error ?? .infinity) > (worst.error ?? .infinity) {
          worst = (error, member.source.location)
        }
      }
      entries.append(
        Entry(
          variable: layout.name, largestError: worst.error, units: layout.units,
          granule: worst.granule, packingCount: Set(members.map { $0.packings[index] }).count))
    }
    self.init(
      period: period, granuleCount: members.count, first: first.source.location, entries: entries)
  }

  /// The most by which values change if they are unpacked by another packing. Both are linear, so
  /// that it is largest at an end of the range of stored numbers.
  static func largestError(
    reading packing: Packing, as other: Packing, _ range: ClosedRange<Double>?
  ) -> Double? {
    guard packing.missing == other.missing, packing.packedType == other.packedType else {
      return nil
    }
    if packing.scaleFactor == other.scaleFactor {
      return abs((packing.addOffset ?? 0) - (other.addOffset ?? 0))
    }
    guard let range else { return .infinity }
    return [range.lowerBound, range.upperBound].map { abs(packing.value($0) - other.value($0)) }
      .max()
  }
}
