internal import CF
internal import NetCDF
internal import Zarr

/// A granule as far as it matters for combining: its times, how it is stored, how it is packed.
struct CombineMember: Sendable {
  /// How one variable is stored, apart from how many steps it has.
  struct Layout: Hashable, Sendable {
    let name: String
    let typeName: String?
    let dimensions: [String]
    /// -1 for the time dimension.
    let shape: [Int]
    let chunkShape: [Int]
    let filters: [Filter]
    let units: String?
    let calendar: String?
  }

  let source: GranuleSource
  /// Ascending.
  let instants: [TimeInstant]
  let timeName: String
  let timeDimension: String
  let layouts: [Layout]
  /// For each of the layouts; `nil` for what isn't numbers.
  let packings: [Packing?]
  /// The stored numbers that may occur, for each of the layouts.
  let storedRanges: [ClosedRange<Double>?]

  /// - Parameter bytes: The values of the time coordinate.
  init(
    source: GranuleSource, granule: Granule, time: TimeCoordinate, bytes: [UInt8]
  ) throws(CombineError) {
    let location = source.location
    guard let timeDimension = time.variable.dimensionNames.first,
      let instants = time.instants(bytes), !instants.isEmpty
    else { throw .noTime(granule: location) }
    for (earlier, later) in zip(instants, instants.dropFirst()) where earlier >= later {
      throw .sameTime("\(later)", first: location, second: location)
    }
    self.source = source
    self.instants = instants
    timeName = time.variable.name
    self.timeDimension = timeDimension
    layouts = granule.variables.map { variable in
      let dimensions = variable.dimensionNames
      return Layout(
        name: variable.name, typeName: variable.typeName, dimensions: dimensions,
        shape: zip(dimensions, variable.shape).map { $0 == timeDimension ? -1 : $1 },
        chunkShape: dimensions == [timeDimension] ? [] : variable.layout.tileShape,
        filters: variable.layout.filters, units: variable.attributes["units"]?.text,
        calendar: variable.attributes["calendar"]?.text)
    }
    packings = granule.variables.map(\.packing)
    storedRanges = granule.variables.map { $0.storedRange }
  }

  /// What to call the period: `202001` or `2020`.
  func period(_ length: CombinePeriod) -> String {
    let (year, month, _) = instants[0].date
    let digits = String(abs(year))
    let text =
      (year < 0 ? "-" : "") + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return length == .year ? text : text + (month < 10 ? "0" : "") + "\(month)"
  }
}

/// How much time one combined set covers.
public enum CombinePeriod: String, Hashable, Sendable, CaseIterable {
  case month, year
}

extension Variable {
  /// The stored numbers that may occur: `valid_range` or `valid_min` and `valid_max`, else all that
  /// an integer type has.
  fileprivate var storedRange: ClosedRange<Double>? {
    guard let type = packing?.packedType else { return nil }
    let range = attributes["valid_range"]?.doubles ?? []
    let lower = range.count == 2 ? range[0] : attributes["valid_min"]?.double
    let upper = range.count == 2 ? range[1] : attributes["valid_max"]?.double
    if let lower, let upper, lower <= upper { return lower...upper }
    guard !type.isFloatingPoint else { return nil }
    let bits = Double(type.byteCount * 8 - (type.isUnsigned ? 0 : 1))
    let limit = Double(sign: .plus, exponent: Int(bits), significand: 1)
    return (type.isUnsigned ? 0 : -limit)...(limit - 1)
  }
}
