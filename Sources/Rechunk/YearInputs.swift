import CF
import Foundation
import NetCDF
import Storage
import Zarr
import ZarrWriter

/// All that the bytes of a year's store depend on.
///
/// Kept beside an unfinished year, and in the manifest of a finished one, so that a later run can
/// tell whether it would make the same and, if not, name what is different.
public struct YearInputs: Codable, Hashable, Sendable {
  /// The tool with its version.
  public let tool: String
  /// What was asked for, by the names that users know.
  public let options: [String: String]
  /// How each array's values are stored; what may be compared whatever the number of steps.
  public let arrays: [String: [String: String]]
  /// CRC-32C of what else the plan decides, such as attributes: what is rewritten at little cost.
  public let detailsCRC32C: UInt32
  /// In order of time.
  public let sources: [Manifest.Source]
  /// Granules that were not used, though the inputs named them.
  public let leftOut: [Manifest.LeftOut]

  init(
    stack: Stack, year: YearPlan, options: ConversionOptions, leftOut: [Manifest.LeftOut]
  ) {
    tool = "pixeldrill \(version)"
    self.options = options.described
    var arrays: [String: [String: String]] = [:]
    var checksum = CRC32C()
    for array in year.arrays {
      arrays[array.spec.path] = array.spec.described(array.variable.treatment.described)
    }
    for array in year.wholeArrays {
      arrays[array.spec.path] = array.spec.described("copied")
      array.fingerprint(stack).withUnsafeBytes { checksum.update($0) }
    }
    self.arrays = arrays
    let metadata = HierarchyWriter(
      format: year.format, attributes: year.attributes,
      arrays: year.arrays.map(\.spec) + year.wholeArrays.map(\.spec)
    ).objects()
    for (_, bytes) in metadata { bytes.withUnsafeBytes { checksum.update($0) } }
    detailsCRC32C = checksum.value
    let names = year.arrays.map(\.spec.path)
    let steps = Dictionary(grouping: year.steps, by: \.member)
    sources = steps.keys.sorted().map { index in
      Manifest.Source(stack.members[index], steps: steps[index] ?? [], variables: names)
    }
    self.leftOut = leftOut
  }
}

extension YearInputs {
  var leavesCodecOpen: Bool { options["--codec"] == "auto" }

  /// What was chosen for a variable of the same type.
  func compressor(of variable: TreatedVariable) -> Compressor? {
    guard let array = arrays[variable.source.name], array["type"] == variable.type.rawValue,
      let text = array["codec"]?.replacing(" ", with: ":"),
      case .fixed(let compressor)? = CodecText.parse(text)
    else { return nil }
    return compressor
  }
}

extension ArraySpec {
  fileprivate func described(_ values: String) -> [String: String] {
    // Without time, whose length is that of the year.
    let rank = dimensionNames.count
    func extents(_ shape: [Int]) -> String {
      shape.suffix(max(0, rank - 1)).map(String.init).joined(separator: "x")
    }
    var described = [
      "values": values, "type": dataType.rawValue, "chunk": extents(chunkShape),
      "codec": "\(compressor)", "zarr_format": "\(format.rawValue)",
      "fill": fillBits.map { String($0, radix: 16) } ?? "none",
      "dimensions": dimensionNames.joined(separator: ","),
    ]
    described["shard"] = shardShape.map(extents)
    return described
  }
}

extension Treatment {
  fileprivate var described: String {
    switch self {
    case .keep, .refill, .unpack: name.rawValue
    case .repack(let repacking): VariablePolicy.repack(repacking).described
    }
  }
}

extension WholeArray {
  /// Changes when the values do.
  fileprivate func fingerprint(_ stack: Stack) -> [UInt8] {
    switch content {
    case .time(let bytes): return bytes
    case .copied(let variable):
      let digest = stack.members[variable.presentIn[0]].fixedDigests[variable.name] ?? 0
      return withUnsafeBytes(of: digest.littleEndian) { [UInt8]($0) }
    }
  }
}

extension ConversionOptions {
  /// Those that bytes can depend on; not memory, threads and the like.
  var described: [String: String] {
    func extents(_ shape: [Int]?) -> String {
      shape.map { $0.map(String.init).joined(separator: "x") } ?? "advised"
    }
    var described = [
      "--zarr-format": "\(format.rawValue)", "--chunk": extents(chunk), "--shard": extents(shard),
      "--variables": variables.map { $0.sorted().joined(separator: ",") } ?? "all",
      "duplicates": duplicates.rawValue,
    ]
    described["--codec"] =
      switch codec {
      case .automatic: "auto"
      case .fixed(let compressor): "\(compressor)"
      }
    for (name, policy) in policies { described["variables: \(name)"] = policy.described }
    return described
  }
}

extension VariablePolicy {
  fileprivate var described: String {
    switch self {
    case .automatic: "automatic"
    case .keep: "keep"
    case .unpack: "unpack"
    case .repack(let repacking):
      "repack to \(repacking.type.rawValue), scale \(repacking.scaleFactor), "
        + "offset \(repacking.addOffset)"
    case .drop: "drop"
    }
  }
}
