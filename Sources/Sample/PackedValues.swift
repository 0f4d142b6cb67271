import CF

/// One variable's packed numbers on one day, in the order of the day's ``DataRuns``.
enum PackedValues: Sendable {
  case int8([Int8], fill: Int8)
  case int16([Int16], fill: Int16)
  case int32([Int32], fill: Int32)

  /// - Parameter values: Unpacked; NaN becomes the variable's fill.
  init(_ values: [Double], of variable: L3SVariable, _ choice: PackingChoice?) {
    let limit = variable.validRange.upperBound
    func pack<Packed: FixedWidthInteger>() -> (values: [Packed], fill: Packed) {
      let fill = Packed(truncatingIfNeeded: variable.fill)
      return (PackingChoice.pack(values, choice, fill: fill, validMax: limit), fill)
    }
    switch variable.type {
    case .int16:
      let packed: (values: [Int16], fill: Int16) = pack()
      self = .int16(packed.values, fill: packed.fill)
    case .int32:
      let packed: (values: [Int32], fill: Int32) = pack()
      self = .int32(packed.values, fill: packed.fill)
    default:
      let packed: (values: [Int8], fill: Int8) = pack()
      self = .int8(packed.values, fill: packed.fill)
    }
  }

  /// One encoded chunk; parameters as in ``ChunkEncoder``.
  func encodeChunk(
    _ encoder: ChunkEncoder, runs: DataRuns, origin: [Int], shape: [Int]
  ) -> [UInt8] {
    switch self {
    case .int8(let packed, let fill):
      encoder.encode(packed, runs: runs, fill: fill, origin: origin, shape: shape)
    case .int16(let packed, let fill):
      encoder.encode(packed, runs: runs, fill: fill, origin: origin, shape: shape)
    case .int32(let packed, let fill):
      encoder.encode(packed, runs: runs, fill: fill, origin: origin, shape: shape)
    }
  }
}
