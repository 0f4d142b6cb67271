/// How the archive's writer packs a variable of one granule.
enum PackingRule: Hashable, Sendable {
  /// Stored as it is.
  case none
  /// `scale_factor` is fixed, `add_offset` is the middle of the day's range as a float32.
  case offsetOnly(scaleFactor: Double)
  /// Both follow the day's range.
  case range

  /// The scale of the archive's temperatures: 0.01 as a float32, widened.
  static let temperature = PackingRule.offsetOnly(scaleFactor: Double(Float(0.01)))
}

/// The packing chosen for one variable of one granule.
///
/// The rule was read off real granules: `sst_count` with values from 1 to 2 has `add_offset` 1.5
/// and `scale_factor` 1/253, so the range takes 2 × 127 - 1 steps; and 1 is stored as -126, 2 as
/// 127, so halves round up.
struct PackingChoice: Hashable, Sendable {
  let scaleFactor: Double
  let addOffset: Double
  /// The inverse of ``scaleFactor``, without rounding it twice.
  private let stepsPerUnit: Double

  /// - Parameters:
  ///   - values: Unpacked; NaN is left out. Without any other, the packing is 1 and 0.
  ///   - validMax: The largest packed number.
  /// - Returns: `nil` for ``PackingRule/none``.
  init?(rule: PackingRule, values: [Double], validMax: Int64) {
    if rule == .none { return nil }
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values {
      if value < low { low = value }
      if value > high { high = value }
    }
    switch rule {
    case .none: return nil
    case .offsetOnly(let scale):
      scaleFactor = scale
      stepsPerUnit = 1 / scale
      addOffset = low <= high ? Double(Float((low + high) / 2)) : 0
    case .range:
      addOffset = low <= high ? (low + high) / 2 : 0
      let steps = Double(2 * validMax - 1)
      scaleFactor = low < high ? (high - low) / steps : 1
      stepsPerUnit = low < high ? steps / (high - low) : 1
    }
  }

  /// The packed numbers; `fill` where a value is NaN.
  ///
  /// - Precondition: `validMax` fits `Packed`.
  static func pack<Packed: FixedWidthInteger>(
    _ values: [Double], _ packing: PackingChoice?, fill: Packed, validMax: Int64
  ) -> [Packed] {
    let stepsPerUnit = packing?.stepsPerUnit ?? 1
    let offset = packing?.addOffset ?? 0
    let limit = Double(validMax)
    return values.map { value in
      guard !value.isNaN else { return fill }
      let steps = (value - offset) * stepsPerUnit + 0.5
      let whole = Int64(steps)
      let floor = Double(whole) > steps ? whole - 1 : whole
      return Packed(truncatingIfNeeded: Int64(min(max(Double(floor), -limit), limit)))
    }
  }
}
