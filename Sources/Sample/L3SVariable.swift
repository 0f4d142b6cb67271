public import CF

/// A data variable of an L3S granule.
///
/// Types, fills, packing rules and texts are those of IMOS GHRSST L3S-1d files of 2017.
public enum L3SVariable: String, Hashable, Sendable, CaseIterable {
  case seaSurfaceTemperature = "sea_surface_temperature"
  case sstDtime = "sst_dtime"
  case dtAnalysis = "dt_analysis"
  case windSpeed = "wind_speed"
  case windSpeedDtimeFromSst = "wind_speed_dtime_from_sst"
  case seaIceFraction = "sea_ice_fraction"
  case seaIceFractionDtimeFromSst = "sea_ice_fraction_dtime_from_sst"
  case satelliteZenithAngle = "satellite_zenith_angle"
  case l2pFlags = "l2p_flags"
  case qualityLevel = "quality_level"
  case ssesBias = "sses_bias"
  case ssesStandardDeviation = "sses_standard_deviation"
  case ssesCount = "sses_count"
  case sstCount = "sst_count"
  case sstMean = "sst_mean"
  case sstStandardDeviation = "sst_standard_deviation"

  public var type: DataType {
    switch self {
    case .seaSurfaceTemperature, .sstMean, .l2pFlags: .int16
    case .sstDtime: .int32
    default: .int8
    }
  }

  var packing: PackingRule {
    switch self {
    case .seaSurfaceTemperature, .sstMean: .temperature
    case .l2pFlags, .qualityLevel: .none
    default: .range
    }
  }

  var fill: Int64 {
    switch type {
    case .int16: -32768
    case .int32: -2_147_483_647
    default: -128
    }
  }

  /// In packed units, as the archive has it.
  var validRange: ClosedRange<Int64> {
    switch self {
    case .l2pFlags: 0...32767
    case .qualityLevel: 0...5
    case .seaSurfaceTemperature, .sstMean: -32767...32767
    case .sstDtime: -2_147_483_645...2_147_483_645
    default: -127...127
    }
  }

  /// The attributes in the order of the archive's files, without `_FillValue`.
  ///
  /// - Parameter stringForm: Writes `flag_meanings` of the bit mask as a variable-length string,
  ///   as in the files whose attributes were edited in 2016.
  func attributes(packing choice: PackingChoice?, stringForm: Bool) -> [Attribute] {
    let range = [
      Attribute("valid_min", .integers([validRange.lowerBound], type)),
      Attribute("valid_max", .integers([validRange.upperBound], type)),
    ]
    let coordinates = Attribute("coordinates", .text("time lat lon"))
    let comment = Attribute("comment", .text(comment))
    var list = [Attribute("long_name", .text(longName))]
    guard let units else {
      list += range + [coordinates, comment]
      return list + flagAttributes(stringForm: stringForm)
    }
    list += [Attribute("units", .text(units)), coordinates, comment]
    if let standardName { list.append(Attribute("standard_name", .text(standardName))) }
    if let source { list.append(Attribute("source", .text(source))) }
    if self == .windSpeed { list.append(Attribute("height", .text("10m"))) }
    if let choice {
      list.append(Attribute("add_offset", .reals([choice.addOffset], .float64)))
      list.append(Attribute("scale_factor", .reals([choice.scaleFactor], .float64)))
    }
    return list + range
  }

  private func flagAttributes(stringForm: Bool) -> [Attribute] {
    if self == .l2pFlags {
      let meanings = """
        microwave land ice lake river reserved aerosol analysis lowwind highwind edge \
        terminator reflector swath delta_dn
        """
      return [
        Attribute("flag_masks", .integers((0..<15).map { 1 << $0 }, .int16)),
        Attribute("flag_meanings", stringForm ? .texts([meanings]) : .text(meanings)),
      ]
    }
    let meanings = "no_data bad_data worst_quality low_quality acceptable_quality best_quality"
    return [
      Attribute("flag_meanings", .text(meanings)),
      Attribute("flag_values", .integers([0, 1, 2, 3, 4, 5], .int8)),
    ]
  }
}
