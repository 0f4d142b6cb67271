import CF
import Foundation
import Zarr
import ZarrWriter

/// What a plan will do, for people and as JSON.
public struct PlanReport: Codable, Sendable {
  public struct Array: Codable, Sendable {
    public let name: String
    public let values: String
    public let sourceType: String
    public let type: String
    public let shape: [Int]
    public let chunkShape: [Int]
    public let shardShape: [Int]?
    public let codec: String
    public let objects: Int
    public let decodedByteCount: Int
    /// Whether pieces are held as they are, or compressed.
    public let isHeldPlain: Bool
  }

  public struct Year: Codable, Sendable {
    public let year: Int
    public let steps: Int
    public let objects: Int
    public let decodedByteCount: Int
    public let arrays: [Array]
  }

  public struct LeftOut: Codable, Sendable {
    public let name: String
    public let reason: String
  }

  public struct Alternative: Codable, Sendable {
    public let variable: String
    public let chunk: String
    public let chunkByteCount: Int
    public let chunksPerYear: Int
    public let isAdvised: Bool
  }

  public let years: [Year]
  public let leftOut: [LeftOut]
  public let threads: Int
  public let memoryByteCount: Int
  /// The most that a run holds: its workers, and as many held pieces as the budget lets it.
  public let peakMemoryByteCount: Int
  /// The resident memory that is to be expected, by a sample of the data.
  public let expectedMemoryByteCount: Int
  public let chunkAlternatives: [Alternative]

  /// - Parameter expectedMemory: From ``MemorySurvey``.
  public init(_ plan: ConversionPlan, expectedMemory: Int) {
    years = plan.years.map { year in
      Year(
        year: year.year, steps: year.steps.count,
        objects: year.arrays.reduce(0) { $0 + $1.objectCount } + year.wholeArrays.count,
        decodedByteCount: year.decodedByteCount,
        arrays: year.arrays.map(Array.init))
    }
    leftOut = plan.leftOut.map { LeftOut(name: $0.name, reason: $0.reason) }
    threads = plan.memory.threads
    memoryByteCount = plan.memory.budget
    peakMemoryByteCount = plan.peakMemoryByteCount
    expectedMemoryByteCount = expectedMemory
    let middle = plan.chunkAlternatives.count / 2
    chunkAlternatives = plan.chunkAlternatives.enumerated().map { index, alternative in
      Alternative(
        variable: alternative.variable,
        chunk: alternative.chunk.map(String.init).joined(separator: "x"),
        chunkByteCount: alternative.chunkByteCount, chunksPerYear: alternative.chunkCount,
        isAdvised: index == middle)
    }
  }

  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
  }
}

extension PlanReport.Array {
  init(_ plan: ArrayPlan) {
    name = plan.spec.path
    values = plan.variable.treatment.name.rawValue
    sourceType = plan.variable.source.type?.rawValue ?? ""
    type = plan.spec.dataType.rawValue
    shape = plan.spec.shape
    chunkShape = plan.spec.chunkShape
    shardShape = plan.spec.shardShape
    codec = "\(plan.spec.compressor)"
    objects = plan.objectCount
    decodedByteCount = plan.decodedByteCount
    isHeldPlain = plan.hold.isPlain
  }

  /// `kept packed`, `unpacked to float32`, `repacked as int16`, `kept`.
  fileprivate var treatment: String {
    switch values {
    case "unpacked": "\(sourceType) unpacked to \(type)"
    case "repacked": "\(sourceType) repacked as \(type)"
    default: "\(type) \(values)"
    }
  }
}

extension PlanReport: CustomStringConvertible {
  public var description: String {
    var lines: [String] = []
    for year in years {
      lines.append(
        "\(year.year)  \(year.steps) steps, at most \(year.objects) objects, "
          + "\(ByteCount.text(year.decodedByteCount)) decoded")
    }
    if let year = years.first {
      let width = year.arrays.map(\.name.count).max() ?? 0
      let treatments = year.arrays.map(\.treatment)
      let second = treatments.map(\.count).max() ?? 0
      for (array, treatment) in zip(year.arrays, treatments) {
        let name = array.name.padding(toLength: width, withPad: " ", startingAt: 0)
        let values = treatment.padding(toLength: second, withPad: " ", startingAt: 0)
        let shard = array.shardShape.map { ", shard \(Self.text($0))" } ?? ""
        lines.append(
          "  \(name)  \(values)  chunk \(Self.text(array.chunkShape))\(shard), \(array.codec)")
      }
    }
    lines += leftOut.map { "  left out: \($0.name): \($0.reason)" }
    lines.append(
      "memory  about \(ByteCount.text(expectedMemoryByteCount)) by a sample of the data, never more "
        + "than \(ByteCount.text(peakMemoryByteCount)) of \(ByteCount.text(memoryByteCount)) for what "
        + "is held; \(threads) threads")
    for alternative in chunkAlternatives {
      lines.append(
        "chunks  \(alternative.chunk): \(ByteCount.text(alternative.chunkByteCount)) decoded for a "
          + "pixel's year of \(alternative.variable), \(alternative.chunksPerYear) chunks"
          + (alternative.isAdvised ? "  (advised)" : ""))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func text(_ shape: [Int]) -> String {
    shape.map(String.init).joined(separator: "×")
  }
}
