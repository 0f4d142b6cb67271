public import CF
public import NetCDF

/// Why one granule can't be part of a stack.
public enum StackProblem: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file itself can't be read.
  case unreadable(GranuleError)
  /// No variable, or several, could be the time coordinate.
  case noTime(candidates: [String], asked: String?)
  /// A time value is missing or is no date.
  case badTime(variable: String)
  /// Its coordinates or its shape are not those of the stack.
  case otherGrid(dimension: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let error):
      return (error.variable.map { "variable \($0): " } ?? "") + "\(error.reason)"
    case .noTime(let candidates, let asked):
      if let asked {
        return "“\(asked)” is no time coordinate here"
          + (candidates.isEmpty ? "" : "; those that are: \(candidates.joined(separator: ", "))")
      }
      return candidates.isEmpty
        ? "no time coordinate: no number has units like “days since 1981-01-01”"
        : "several variables could be the time (\(candidates.joined(separator: ", "))): "
          + "name one with --time"
    case .badTime(let variable): return "\(variable): a value is missing or no date"
    case .otherGrid(let dimension, let reason): return "another grid: \(dimension): \(reason)"
    }
  }
}

/// A granule that was left out, and why.
public struct QuarantinedGranule: Sendable {
  public let location: String
  public let problem: StackProblem
}

/// Why granules can't be made into one stack. Every case names files.
public enum StackError: Error, Sendable, CustomStringConvertible {
  case noInput
  case nothingReadable([QuarantinedGranule])
  case unreadableGranules([QuarantinedGranule])
  case mixedProducts([StackGroup])
  case mixedGrids([StackGroup])
  case duplicateTimes([DuplicateTime])
  /// A variable differs between granules in a way that no store can hold.
  case variableDiffers(variable: String, first: String, second: String, what: String)
  case timeDiffers(first: String, second: String, what: String)
  case unknownVariables([String], known: [String])
  case noSteps(years: ClosedRange<Int>?)

  public var description: String {
    switch self {
    case .noInput: return "no granules: nothing that ends in .nc, .nc4, .cdf or .h5 was found"
    case .nothingReadable(let granules):
      return "none of the \(granules.count) granules can be used\n" + Self.lines(granules)
    case .unreadableGranules(let granules):
      return "\(granules.count) granules can't be used; --skip-bad leaves them out\n"
        + Self.lines(granules)
    case .mixedProducts(let groups):
      return "these are granules of \(groups.count) products; convert each by itself, or name the "
        + "product in a pipeline if they are one\n" + Self.lines(groups)
    case .mixedGrids(let groups):
      return "these granules lie on \(groups.count) grids; convert each by itself\n"
        + Self.lines(groups)
    case .duplicateTimes(let duplicates):
      let shown = duplicates.prefix(8).map { "  \($0.instant): \($0.first) and \($0.second)" }
      return "\(duplicates.count) time steps occur twice; remove one file of each, or let a "
        + "pipeline say which wins (duplicates: first or last)\n" + shown.joined(separator: "\n")
    case .variableDiffers(let variable, let first, let second, let what):
      return "\(variable): \(what)\n  \(first)\n  \(second)\nleave it out, or convert them apart"
    case .timeDiffers(let first, let second, let what):
      return "the time coordinate differs: \(what)\n  \(first)\n  \(second)"
    case .unknownVariables(let names, let known):
      return "no granule has \(names.joined(separator: ", ")); "
        + "there are \(known.joined(separator: ", "))"
    case .noSteps(let years):
      return "no time step" + (years.map { " in \($0.lowerBound)..\($0.upperBound)" } ?? "")
    }
  }

  private static func lines(_ granules: [QuarantinedGranule]) -> String {
    let shown = granules.prefix(20).map { "  \($0.location): \($0.problem)" }
    let more = granules.count > 20 ? ["  and \(granules.count - 20) more"] : []
    return (shown + more).joined(separator: "\n")
  }

  private static func lines(_ groups: [StackGroup]) -> String {
    groups.map { "  \($0.name): \($0.count) files, such as \($0.example)" }
      .joined(separator: "\n")
  }
}

/// Granules that belong together.
public struct StackGroup: Hashable, Sendable {
  public let name: String
  public let count: Int
  public let example: String
}

public struct DuplicateTime: Hashable, Sendable {
  public let instant: TimeInstant
  public let first: String
  public let second: String
}
