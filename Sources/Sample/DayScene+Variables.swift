extension DayScene {
  /// The unpacked values of a variable, one for every pixel of ``runs``; NaN where this variable
  /// alone has none. Flags are whole numbers.
  func values(of variable: L3SVariable) -> [Double] {
    switch variable {
    case .seaSurfaceTemperature: temperature.map(Double.init)
    case .sstMean: contributions { Double(temperature[$0]) + ($1 ? spread($0) * 0.1 : 0) }
    case .sstCount: contributions { $1 ? 2 : 1 }
    case .sstStandardDeviation: contributions { $1 ? spread($0) : 0 }
    case .sstDtime: scanLine.map { Double($0) / Double(SwathGeometry.linesPerSecond) }
    case .dtAnalysis: difference.map(Double.init)
    case .windSpeed: windSpeed.map(Double.init)
    case .windSpeedDtimeFromSst: scanLine.map(Self.hoursToWindAnalysis)
    case .seaIceFraction: iceFraction.map(Double.init)
    case .seaIceFractionDtimeFromSst:
      iceFraction.indices.map { iceFraction[$0].isNaN ? .nan : 24.5 - hours($0) }
    case .satelliteZenithAngle: zenithAngle.map(Double.init)
    case .l2pFlags: temperature.indices.map { Double(flags($0)) }
    case .qualityLevel: quality.map(Double.init)
    case .ssesBias:
      quality.indices.map { -0.04 - 0.13 * steps($0) - 0.003 * Double(zenithAngle[$0]) }
    case .ssesStandardDeviation:
      quality.indices.map { 0.2 + 0.16 * steps($0) + 0.004 * Double(zenithAngle[$0]) }
    case .ssesCount:
      zenithAngle.map { angle in
        let part = Double(angle / SwathGeometry.largestZenithAngle)
        return 1 + 9.6 * part * part * part
      }
    }
  }

  /// Values that depend on whether two passes contributed, which they do at the edges.
  private func contributions(_ value: (_ index: Int, _ isDouble: Bool) -> Double) -> [Double] {
    zenithAngle.indices.map { value($0, zenithAngle[$0] > 66) }
  }

  private func spread(_ index: Int) -> Double { abs(Double(difference[index])) * 0.5 }

  private func steps(_ index: Int) -> Double { Double(5 - quality[index]) }

  private func hours(_ index: Int) -> Double {
    Double(scanLine[index]) / Double(SwathGeometry.linesPerSecond) / 3600
  }

  /// Hours from an observation to the nearest six-hourly wind analysis, -3...3.
  private static func hoursToWindAnalysis(scanLine: Int32) -> Double {
    // Six hours before the reference day, to keep the remainder positive.
    let hour = Double(scanLine) / (Double(SwathGeometry.linesPerSecond) * 3600) + 15 + 1.0 / 3 + 6
    let after = hour - Double(Int(hour / 6) * 6)
    return after > 3 ? 6 - after : -after
  }

  /// Bits as `flag_meanings` names them: ice 4, analysis 128, lowwind 256, highwind 512, edge
  /// 1024, swath 8192.
  private func flags(_ index: Int) -> Int {
    var bits = 8192
    if iceFraction[index] > 0.15 { bits |= 4 }
    if abs(difference[index]) > 4 { bits |= 128 }
    if windSpeed[index] < 2 { bits |= 256 }
    if windSpeed[index] > 14 { bits |= 512 }
    if zenithAngle[index] > 55 { bits |= 1024 }
    return bits
  }
}
