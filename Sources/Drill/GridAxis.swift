public import CF

/// The positions of pixels along one dimension: a latitude or longitude coordinate.
///
/// - Invariant: at least one value, all finite, rising or falling strictly; longitudes may jump by
///   360 degrees once or more, as grids across the date line do.
public struct GridAxis: Hashable, Sendable {
  public enum Kind: String, Hashable, Sendable {
    case latitude, longitude
  }

  public let kind: Kind
  /// Degrees, as stored.
  public let values: [Double]
  /// The stored type: says how many digits a value has.
  public let type: DataType
  /// Rising; longitudes without jumps.
  private let positions: [Double]
  private let isFalling: Bool

  /// - Throws: ``AxisProblem`` if the values are no axis.
  public init(_ kind: Kind, values: [Double], type: DataType) throws(AxisProblem) {
    guard !values.isEmpty else { throw .empty }
    if let index = values.firstIndex(where: { !$0.isFinite }) { throw .notFinite(index: index) }
    var positions = values
    if kind == .longitude {
      var turn = 0.0
      for index in positions.indices.dropFirst() {
        let step = values[index] - values[index - 1]
        if step > 180 { turn -= 360 } else if step < -180 { turn += 360 }
        positions[index] = values[index] + turn
      }
    }
    isFalling = positions.count > 1 && positions[1] < positions[0]
    if isFalling { positions.reverse() }
    if let index = positions.indices.dropFirst().first(where: {
      positions[$0] <= positions[$0 - 1]
    }) {
      throw .notMonotonic(index: isFalling ? positions.count - index : index)
    }
    self.kind = kind
    self.values = values
    self.type = type
    self.positions = positions
  }

  public var count: Int { values.count }

  /// The first and last value, as stored.
  public var extent: (first: Double, last: Double) { (values[0], values[values.count - 1]) }

  /// Half the distance to the neighbour at each end; `nil` if there is one value only.
  var margins: (low: Double, high: Double)? {
    guard count > 1 else { return nil }
    return (
      (positions[1] - positions[0]) / 2, (positions[count - 1] - positions[count - 2]) / 2
    )
  }

  /// The pixel nearest to a coordinate; of two equally near ones that with the larger coordinate,
  /// as xarray and pandas choose.
  ///
  /// - Parameter margin: For an axis of one value: how far the pixel reaches.
  /// - Returns: `nil` if the coordinate lies more than half a pixel outside the axis.
  /// - Complexity: O(log *n*).
  func nearest(_ coordinate: Double, margin: Double) -> Int? {
    let (low, high) = margins ?? (margin, margin)
    // A coordinate written with few digits must not miss the edge it means.
    let slack = 1e-9 * max(1, abs(positions[0]))
    let lowest = positions[0] - low - slack
    let highest = positions[count - 1] + high + slack
    var wanted = coordinate
    if kind == .longitude {
      wanted -= ((coordinate - lowest) / 360).rounded(.down) * 360
    }
    guard wanted >= lowest, wanted <= highest else { return nil }
    // The first position beyond the coordinate.
    var start = 0
    var end = count
    while start < end {
      let middle = (start + end) / 2
      if positions[middle] <= wanted { start = middle + 1 } else { end = middle }
    }
    var index = min(start, count - 1)
    if index > 0, index == start, wanted - positions[index - 1] < positions[index] - wanted {
      index -= 1
    } else if start == count {
      index = count - 1
    }
    return isFalling ? count - 1 - index : index
  }

  /// The pixels whose centres lie in a closed range, in the order of the axis.
  ///
  /// - Parameter bounds: For longitudes from west to east; east may be less than west, and 360
  ///   degrees more or less mean the same. A whole turn or more takes all.
  func indices(from first: Double, to last: Double) -> [Int] {
    let slack = 1e-9 * 360
    switch kind {
    case .latitude:
      return values.indices.filter {
        values[$0] >= first - slack && values[$0] <= last + slack
      }
    case .longitude:
      var width = last - first
      if width < 0 { width += ((-width) / 360).rounded(.up) * 360 }
      return values.indices.filter { index in
        var east = values[index] - first
        east -= (east / 360).rounded(.down) * 360
        return east <= width + slack || 360 - east <= slack
      }
    }
  }

  /// Why `other` isn't this axis, to 1e-5 degree; `nil` if it is.
  func difference(from other: GridAxis) -> String? {
    guard count == other.count else {
      return "\(kind.rawValue) has \(other.count) values instead of \(count)"
    }
    if values == other.values { return nil }
    let index = values.indices.first { abs(values[$0] - other.values[$0]) > 1e-5 }
    return index.map {
      "\(kind.rawValue) \($0) is \(other.values[$0]) instead of \(values[$0])"
    }
  }

  /// The shortest digits that read back the same number of the stored type.
  public func text(_ index: Int) -> String {
    type == .float32 ? Float(values[index]).description : values[index].description
  }
}

/// Why numbers are no coordinate of a grid.
public enum AxisProblem: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case notFinite(index: Int)
  case notMonotonic(index: Int)

  public var description: String {
    switch self {
    case .empty: "it has no values"
    case .notFinite(let index): "value \(index) is missing"
    case .notMonotonic(let index): "it neither rises nor falls throughout: see value \(index)"
    }
  }
}
