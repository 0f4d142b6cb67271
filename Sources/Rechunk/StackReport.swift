import CF
import Foundation
import NetCDF
import Storage

/// What scanning found, for people and as JSON.
public struct StackReport: Codable, Sendable {
  public struct Axis: Codable, Sendable {
    public let dimension: String
    public let length: Int
    public let first: Double?
    public let last: Double?
  }

  public struct Duplicate: Codable, Sendable {
    public let time: String
    public let files: [String]
  }

  public struct GapEntry: Codable, Sendable {
    public let after: String
    public let before: String
    public let missing: Int
  }

  public struct EraEntry: Codable, Sendable {
    public struct Variable: Codable, Sendable {
      public let name: String
      public let type: String
      public let tileShape: [Int]
      public let filters: [String]
      /// `none`, `constant` or `varies`, within the era.
      public let packing: String
    }

    public let name: String
    public let first: String
    public let last: String
    public let granules: Int
    public let variables: [Variable]
  }

  public struct Quarantined: Codable, Sendable {
    public let location: String
    public let reason: String
  }

  public let product: String?
  public let granules: Int
  public let steps: Int
  public let byteCount: Int
  public let first: String
  public let last: String
  public let cadenceSeconds: Double?
  public let grid: [Axis]
  public let gaps: [GapEntry]
  public let duplicates: [Duplicate]
  public let unsortedNames: [String]
  public let eras: [EraEntry]
  /// Variables whose packing differs between granules, with the number of packings.
  public let varyingPacking: [String: Int]
  public let quarantined: [Quarantined]

  public init(_ stack: Stack) {
    product = stack.product
    granules = stack.members.count
    steps = stack.steps.count
    byteCount = stack.members.reduce(0) { $0 + $1.source.info.byteCount }
    first = stack.firstInstant.description
    last = stack.lastInstant.description
    cadenceSeconds = stack.cadenceSeconds
    grid = stack.grid.axes.map {
      Axis(
        dimension: $0.dimension, length: $0.length, first: $0.coordinates?.first,
        last: $0.coordinates?.last)
    }
    gaps = stack.gaps.map {
      GapEntry(after: "\($0.after)", before: "\($0.before)", missing: $0.missing)
    }
    duplicates = stack.duplicates.map {
      Duplicate(time: "\($0.instant)", files: [$0.first, $0.second])
    }
    unsortedNames = stack.unsortedNames
    eras = stack.eras.enumerated().map { index, era in
      EraEntry(
        name: eraName(index), first: "\(era.first)", last: "\(era.last)", granules: era.granules,
        variables: era.variables.map { variable in
          EraEntry.Variable(
            name: variable.name, type: variable.type, tileShape: variable.tileShape,
            filters: variable.filters,
            packing: !variable.isPacked && variable.constantPacking
              ? "none" : variable.constantPacking ? "constant" : "varies")
        })
    }
    varyingPacking = Dictionary(
      uniqueKeysWithValues: stack.variables.filter { $0.role == .data && $0.packings.count > 1 }
        .map { ($0.name, $0.packings.count) })
    quarantined = stack.quarantined.map {
      Quarantined(location: $0.location, reason: $0.problem.description)
    }
  }

  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

/// `a`, `b`, … `z`, `aa`, as AODN labels layouts.
func eraName(_ index: Int) -> String {
  let letter = String(UnicodeScalar(UInt8(ascii: "a") + UInt8(index % 26)))
  return index < 26 ? letter : eraName(index / 26 - 1) + letter
}

extension StackReport: CustomStringConvertible {
  public var description: String {
    var lines: [String] = []
    lines.append("product     \(product ?? "no title")")
    lines.append("granules    \(granules), \(ByteCount.text(byteCount)), \(steps) time steps")
    lines.append("time        \(first) … \(last)" + (cadenceSeconds.map(every) ?? ""))
    lines.append("grid        " + grid.map(describe).joined(separator: ", "))
    let missing = gaps.reduce(0) { $0 + $1.missing }
    lines.append("gaps        " + (gaps.isEmpty ? "none" : "\(gaps.count), \(missing) steps"))
    lines += gaps.prefix(10).map {
      "            \($0.missing) between \($0.after) and \($0.before)"
    }
    if gaps.count > 10 { lines.append("            and \(gaps.count - 10) more") }
    if !duplicates.isEmpty {
      lines.append("duplicates  \(duplicates.count)")
      lines += duplicates.prefix(10).map {
        "            \($0.time): \($0.files.joined(separator: ", "))"
      }
    }
    if !unsortedNames.isEmpty {
      lines.append(
        "names       \(unsortedNames.count) out of order in time, such as \(unsortedNames[0])")
    }
    for (index, era) in eras.enumerated() {
      lines += describe(era, since: index == 0 ? nil : eras[index - 1])
    }
    if !varyingPacking.isEmpty {
      lines.append(
        "packing     differs between granules for "
          + varyingPacking.keys.sorted().joined(separator: ", "))
      lines.append("            their integers mean nothing without their own granule's packing")
    }
    if !quarantined.isEmpty {
      lines.append("unusable    \(quarantined.count) granules")
      lines += quarantined.map { "            \($0.location): \($0.reason)" }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func every(_ seconds: Double) -> String {
    switch seconds {
    case 86_400: ", daily"
    case 3_600: ", hourly"
    case let seconds where seconds.truncatingRemainder(dividingBy: 86_400) == 0:
      ", every \(Int(seconds / 86_400)) days"
    case let seconds where seconds.truncatingRemainder(dividingBy: 3_600) == 0:
      ", every \(Int(seconds / 3_600)) hours"
    default: ", every \(seconds) s"
    }
  }

  private func describe(_ axis: Axis) -> String {
    guard let first = axis.first, let last = axis.last else {
      return "\(axis.dimension) \(axis.length)"
    }
    return "\(axis.dimension) \(axis.length) (\(Float(first)) … \(Float(last)))"
  }

  /// An era; of its variables, those that are stored as in the era before aren't repeated.
  private func describe(_ era: EraEntry, since before: EraEntry?) -> [String] {
    var lines = ["era \(era.name)       \(era.granules) granules, \(era.first) … \(era.last)"]
    let known = before?.variables ?? []
    let changed = era.variables.filter { variable in
      !known.contains { $0.name == variable.name && storage($0) == storage(variable) }
    }
    let width = changed.map(\.name.count).max() ?? 0
    for variable in changed {
      let name = variable.name.padding(toLength: width, withPad: " ", startingAt: 0)
      let packing = variable.packing == "none" ? "" : ", packing \(variable.packing)"
      lines.append("  \(name)  \(storage(variable))\(packing)")
    }
    let gone = known.filter { old in !era.variables.contains { $0.name == old.name } }
    if !gone.isEmpty { lines.append("  without \(gone.map(\.name).joined(separator: ", "))") }
    if before != nil, changed.count < era.variables.count {
      lines.append("  the other \(era.variables.count - changed.count) variables as before")
    }
    return lines
  }

  private func storage(_ variable: EraEntry.Variable) -> String {
    let shape = variable.tileShape.map(String.init).joined(separator: "×")
    let filters = variable.filters.isEmpty ? "" : ", \(variable.filters.joined(separator: "+"))"
    return "\(variable.type) in \(shape.isEmpty ? "1" : shape)\(filters)"
  }
}
