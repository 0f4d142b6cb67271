/// The texts of the archive's headers.
extension L3SVariable {
  var longName: String {
    switch self {
    case .seaSurfaceTemperature:
      "sea surface skin temperature"
    case .sstDtime:
      "time difference from reference time"
    case .dtAnalysis:
      "deviation from last SST analysis"
    case .windSpeed:
      "wind speed"
    case .windSpeedDtimeFromSst:
      "time difference of wind speed measurement from sst measurement"
    case .seaIceFraction:
      "sea ice fraction"
    case .seaIceFractionDtimeFromSst:
      "time difference of sea ice fraction measurement from sst measurement"
    case .satelliteZenithAngle:
      "satellite zenith angle"
    case .l2pFlags:
      "L2P flags"
    case .qualityLevel:
      "quality level of SST pixel"
    case .ssesBias:
      "SSES bias estimate"
    case .ssesStandardDeviation:
      "SSES standard deviation estimate"
    case .ssesCount:
      "SSES count"
    case .sstCount:
      "Number of SST measurements"
    case .sstMean:
      "Unweighted SST mean"
    case .sstStandardDeviation:
      "Unweighted SST standard deviation"
    }
  }

  var units: String? {
    switch self {
    case .seaSurfaceTemperature, .dtAnalysis, .ssesBias, .ssesStandardDeviation, .sstMean,
      .sstStandardDeviation:
      "kelvin"
    case .sstDtime:
      "second"
    case .windSpeed:
      "m s-1"
    case .windSpeedDtimeFromSst, .seaIceFractionDtimeFromSst:
      "hour"
    case .seaIceFraction:
      "1"
    case .satelliteZenithAngle:
      "angular_degree"
    case .ssesCount, .sstCount:
      "count"
    default: nil
    }
  }

  var standardName: String? {
    switch self {
    case .seaSurfaceTemperature:
      "sea_surface_skin_temperature"
    case .windSpeed:
      "wind_speed"
    case .seaIceFraction:
      "sea_ice_area_fraction"
    default: nil
    }
  }

  var source: String? {
    switch self {
    case .dtAnalysis:
      "ABOM-L4LRfnd-GLOB-GAMSSA_28km"
    case .windSpeed, .windSpeedDtimeFromSst:
      "ACCESSG-ABOM-Forecast-WSP"
    case .seaIceFraction, .seaIceFractionDtimeFromSst:
      "SSMI-NCEP-Analysis-ICE-5min"
    default: nil
    }
  }

  var comment: String {
    switch self {
    case .seaSurfaceTemperature:
      "The skin temperature of the ocean at a depth of approximately 10 microns"
    case .sstDtime:
      "time plus sst_dtime gives seconds after 00:00:00 UTC January 1, 1981"
    case .dtAnalysis:
      "The difference between this SST and the previous day's SST"
    case .windSpeed:
      "Typically represent surface winds (10 meters above the sea surface)"
    case .windSpeedDtimeFromSst:
      "The hours between the wind speed measurement and the SST observation"
    case .seaIceFraction:
      "Fractional sea ice cover (Unitless). For spatial resolution refer to the source."
    case .seaIceFractionDtimeFromSst:
      "The time difference in hours is estimated from the SST and sea ice data sets"
    case .satelliteZenithAngle:
      "The satellite zenith angle at the time of the SST observations"
    case .l2pFlags:
      """
      These flags are important to properly use the data.  Data not flagged as microwave \
      are sourced from an infrared sensor. The lake and river flags are currently not set, \
      but defined in GDS2.0r4. The aerosol flag indicates high aerosol concentration. The \
      analysis flag indicates high difference from analysis temperatures (differences \
      greater than Analysis Limit). The lowwind flag indicates regions of low wind speed \
      (typically less than the low Wind Limit) per NWP model. The highwind flag indicates \
      regions of high wind speed (typically greater than the high Wind Limit) per NWP \
      model. See wind limits in the comment field for the actual values. The edge flag \
      indicates pixel sizes that are larger than Pixel Spread times the size of the pixel \
      in the center of the field of view in either lat or lon direction. The terminator \
      flag indicates that the sun is near the horizon. The reflector flag indicates that \
      the satellite would receive direct reflected sunlight if the earth was a perfect \
      mirror. The swath flag is used in gridded files to indicate if the pixel could have \
      been seen by the satellite. delta_dn indicates that the day.night sst algorithm was \
      different from the standard algorithm. Other flags may be populated and are for \
      internal use and the definitions may change, so should not be relied on. Flags \
      greater than 64 only apply to non-land pixels
      """
    case .qualityLevel:
      """
      These are the overall quality indicators and are used for all GHRSST SSTs. In this \
      case they are a function of distance to cloud, satellite zenith angle, and day/night
      """
    case .ssesBias:
      """
      Bias estimate derived from L2P bias per \
      https://www.ghrsst.org/ghrsst/tags-and-wgs/stval-wg/sses-description-of-schemes/
      """
    case .ssesStandardDeviation:
      """
      Standard deviation estimate derived from L2P standard deviation per \
      https://www.ghrsst.org/ghrsst/tags-and-wgs/stval-wg/sses-description-of-schemes/
      """
    case .ssesCount:
      """
      Weighted representative number of swath pixels, per \
      https://www.ghrsst.org/ghrsst/tags-and-wgs/stval-wg/sses-description-of-schemes/. \
      EXPERIMENTAL_FIELD
      """
    case .sstCount:
      """
      Unweighted count of number of contributory SST measurements, per \
      https://www.ghrsst.org/ghrsst/tags-and-wgs/stval-wg/sses-description-of-schemes/. \
      EXPERIMENTAL_FIELD
      """
    case .sstMean:
      """
      Unweighted mean of contributory SST measurements, per \
      https://www.ghrsst.org/ghrsst/tags-and-wgs/stval-wg/sses-description-of-schemes/. \
      EXPERIMENTAL_FIELD
      """
    case .sstStandardDeviation:
      """
      Standard deviation estimate of contributory SST measurements, per \
      https://www.ghrsst.org/ghrsst/tags-and-wgs/stval-wg/sses-description-of-schemes/. \
      EXPERIMENTAL_FIELD
      """
    }
  }
}
