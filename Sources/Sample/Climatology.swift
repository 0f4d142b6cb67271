/// The mean sea surface temperature by latitude and day of the year, in kelvin.
enum Climatology {
  /// About 302 K near the equator and 271.5 K at 70° S, with a yearly swing of up to 3.5 K in
  /// middle latitudes that peaks in late February in the south and late August in the north.
  static func temperature(latitude: Double, yearPart: Double) -> Float {
    let distance = min(abs(latitude - 2) / 72, 1)
    let cooling = distance * distance * (1.5 - 0.5 * distance)
    let swing = 3.5 * 4 * cooling * (1 - cooling)
    let season = wave(yearPart - 50 / 365.25) * (latitude < 2 ? 1 : -1)
    return Float(273.15 + 28.8 - 30.5 * cooling + swing * season)
  }

  /// Latitude of the ice edge: -66 in late February, -58 in late August.
  static func iceEdge(yearPart: Double) -> Float {
    Float(-62 - 4 * wave(yearPart - 50 / 365.25))
  }

  /// A wave of period 1 with its crest at 0, within 0.002 of a cosine. Sums, products and one
  /// quotient only, so that it is the same on every machine.
  ///
  /// Source: Bhaskara I's approximation of the sine.
  static func wave(_ phase: Double) -> Double {
    let shifted = phase + 0.25
    let turn = shifted - shifted.rounded(.down)
    let half = turn < 0.5 ? 2 * turn : 2 * turn - 1
    let arch = half * (1 - half)
    let sine = 16 * arch / (5 - 4 * arch)
    return turn < 0.5 ? sine : -sine
  }
}
