import CF
import NetCDF
import Zarr

/// Compares the limits of an array of unpacked values with those of the granules: they are the
/// widest of all granules of the stack, since a packed limit means another value in each.
struct LimitCheck {
  static let names: Set = ["valid_min", "valid_max", "valid_range", "actual_range"]

  let name: String
  let metadata: ArrayMetadata
  let sources: YearSources
  let stored: StoredYear

  /// - Returns: What the year's granules leave open; nothing if one of them can't be read, which is
  ///   a finding already and might account for it.
  func run() -> [Doubt] {
    let doubts = Self.names.sorted().flatMap { check($0) }
    return sources.members.contains { $0 == nil } ? [] : doubts
  }

  private func check(_ limit: String) -> [Doubt] {
    let members = sources.members.compactMap(\.self).filter { $0.witness.variable(name) != nil }
    guard !members.isEmpty else { return [] }
    let theirs = members.map { values(of: limit, in: $0.witness) }
    guard let ours = metadata.attributes[limit]?.doubles.map(rounded), !ours.isEmpty else {
      return checkMissing(limit, theirs)
    }
    for (member, values) in zip(members, theirs) {
      guard let values, !isWithin(values, ours, limit) else { continue }
      stored.findings.add(
        finding(
          "the attribute \(limit) is \(ours), in \(member.source.location) values of \(values) are "
            + "valid"))
      return []
    }
    // Each end of the store's limit has to be that of a granule.
    return [("valid_max", ours[0], -1.0), ("valid_min", ours[ours.count - 1], 1.0)]
      .compactMap { otherEnd, end, sign in
        guard limit != otherEnd else { return nil }
        let reaches: @Sendable ([Double]?) -> Bool = { values in
          values?.contains { $0 * sign >= end * sign } ?? false
        }
        guard !theirs.contains(where: reaches) else { return nil }
        return Doubt(
          finding: finding(
            "the attribute \(limit) is \(ours), in no granule are values valid up to it")
        ) { reaches(values(of: limit, in: $0)) }
      }
  }

  /// The store has no limit if the stack's newest granule has none, or if granules have it in
  /// different forms.
  private func checkMissing(_ limit: String, _ theirs: [[Double]?]) -> [Doubt] {
    guard let count = theirs[0]?.count, count == (limit.hasSuffix("_range") ? 2 : 1),
      theirs.allSatisfy({ $0?.count == count })
    else { return [] }
    return [
      Doubt(finding: finding("the attribute \(limit) is missing, all granules have it")) {
        witness in
        witness.variable(name) != nil && values(of: limit, in: witness)?.count != count
      }
    ]
  }

  private func finding(_ reason: String) -> Finding {
    let place = stored.place("\(name)/\(metadata.format == .v3 ? "zarr.json" : ".zattrs")")
    return Finding(.differs, place, variable: name, reason)
  }

  private func isWithin(_ values: [Double], _ ours: [Double], _ limit: String) -> Bool {
    values.allSatisfy { value in
      (limit == "valid_max" || value >= ours[0])
        && (limit == "valid_min" || value <= ours[ours.count - 1])
    }
  }

  /// A granule's limit in the units of unpacked values. One of the packed type is a packed one.
  private func values(of limit: String, in witness: Witness) -> [Double]? {
    guard let variable = witness.variable(name), let value = variable.attributes[limit],
      let type = value.dataType
    else { return nil }
    let packing = SourcePacking(variable)
    guard type.unsigned == packing.type.unsigned else { return value.doubles.map(rounded) }
    let mask = UInt64.max >> UInt64(64 - 8 * type.byteCount)
    return value.doubles.map { number in
      var packed = number
      if packing.type.isUnsigned, let whole = Int64(exactly: number),
        case .whole(let unsigned) = packing.type.number(UInt64(bitPattern: whole) & mask)
      {
        packed = Double(unsigned)
      }
      return rounded(packed * packing.scale + packing.offset)
    }
  }

  /// As the array's type holds it.
  private func rounded(_ value: Double) -> Double {
    metadata.dataType == .float32 ? Double(Float(value)) : value
  }
}
