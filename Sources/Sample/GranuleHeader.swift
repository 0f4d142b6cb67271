import CF

/// The coordinate and global attributes of one granule, as the archive writes them, saying plainly
/// that the data are synthetic.
struct GranuleHeader: Sendable {
  let time: TimeInstant
  let grid: SampleGrid
  /// Identifies this granule of this stack.
  let identity: SeededHash
  /// Writes `acknowledgment` as a variable-length string.
  let stringForm: Bool

  static let latitude: [Attribute] = [
    Attribute("long_name", .text("latitude")),
    Attribute("units", .text("degrees_north")),
    Attribute("valid_min", .reals([-90], .float32)),
    Attribute("valid_max", .reals([90], .float32)),
    Attribute("axis", .text("Y")),
    Attribute("comment", .text("Latitudes for locating data")),
    Attribute("standard_name", .text("latitude")),
  ]

  static let longitude: [Attribute] = [
    Attribute("long_name", .text("longitude")),
    Attribute("units", .text("degrees_east")),
    Attribute("valid_min", .reals([-180], .float32)),
    Attribute("valid_max", .reals([360], .float32)),
    Attribute("axis", .text("X")),
    Attribute("comment", .text("Longitudes for locating data")),
    Attribute("standard_name", .text("longitude")),
  ]

  static let time: [Attribute] = [
    Attribute("long_name", .text("reference time of sst file")),
    Attribute("units", .text(TimeUnits.archive.text)),
    Attribute("axis", .text("T")),
    Attribute("comment", .text("A typical reference time for data")),
    Attribute("standard_name", .text("time")),
    Attribute("calendar", .text("gregorian")),
  ]

  var global: [Attribute] {
    let texts = identityTexts + coverageTexts
    return texts.map { Attribute($0.0, .text($0.1)) } + extent
      + publicationTexts.map { Attribute($0.0, .text($0.1)) } + [acknowledgment]
      + [Attribute("history", .text("written by pixeldrill sample; no observation went into it"))]
  }

  private var identityTexts: [(String, String)] {
    [
      (
        "title",
        """
        SYNTHETIC sample data, no observations, in the form of: IMOS L3S Nighttime gridded \
        multiple-sensor multiple-swath Australian region skin SST
        """
      ),
      (
        "summary",
        """
        SYNTHETIC fields from a random number generator, for tests and demonstrations of \
        software; the file has the layout, packing and header of the L3S archive.
        """
      ),
      ("references", "http://imos.org.au/sstproducts.html"),
      ("institution", "ABOM"),
      (
        "comment",
        """
        SYNTHETIC: made by pixeldrill sample. Every value is invented; use none of them.
        WARNING: some applications are unable to properly handle signed byte values.  If byte \
        values >127 are encountered, subtract 256 from this reported value. GRID:CONTINENTAL, \
        SYSCODE:SYNTHETIC
        """
      ),
      ("license", "SYNTHETIC data: no conditions"),
      ("id", "AVHRR_D-ABOM-L3S-v01.0"),
      ("naming_authority", "org.ghrsst"),
      ("product_version", "01.0"),
      ("uuid", uuid),
      ("gds_version_id", "2.0r4"),
      ("netcdf_version_id", "4.3.2"),
      ("date_created", Self.compact(time)),
    ]
  }

  private var coverageTexts: [(String, String)] {
    let (year, month, day) = time.date
    let midnight = TimeInstant(calendar: time.calendar, year: year, month: month, day: day)
    let start = Self.compact(midnight)
    let stop = Self.compact(
      TimeInstant(
        calendar: time.calendar, year: year, month: month, day: day,
        microsecondOfDay: 86_399_000_000))
    return [
      ("start_time", start), ("time_coverage_start", start),
      ("stop_time", stop), ("time_coverage_end", stop),
    ]
  }

  /// As in the archive: float32, and the eastern limit wrapped although `lon` isn't.
  private var extent: [Attribute] {
    let (latitudes, longitudes) = (grid.latitudes, grid.longitudes)
    let east = longitudes[longitudes.count - 1]
    let edges = [
      ("northernmost_latitude", latitudes[0]),
      ("southernmost_latitude", latitudes[latitudes.count - 1]),
      ("easternmost_longitude", east > 180 ? east - 360 : east),
      ("westernmost_longitude", longitudes[0]),
      ("geospatial_lat_resolution", grid.steps.latitude),
      ("geospatial_lon_resolution", grid.steps.longitude),
    ]
    return [Attribute("file_quality_level", .integers([3], .int32))]
      + edges.map { Attribute($0.0, .reals([Double(Float($0.1))], .float32)) }
  }

  private var publicationTexts: [(String, String)] {
    let step = Float(grid.steps.latitude)
    return [
      ("spatial_resolution", "\(step) deg"),
      (
        "source",
        """
        wind_source=ACCESSG-ABOM-Forecast-WSP,analysis_source=ABOM-L4LRfnd-GLOB-GAMSSA_28km,\
        adi_source=unknown,ice_source=SSMI-NCEP-Analysis-ICE-5min,\
        l3_source=AVHRR19_D-ABOM-L3C-v01.0;AVHRR18_D-ABOM-L3C-v01.0
        """
      ),
      ("platform", "NOAA-19;NOAA-18"),
      ("sensor", "AVHRR"),
      ("Metadata_Conventions", "Unidata Dataset Discovery v1.0"),
      ("Metadata_Link", "TBA"),
      ("keywords", "Oceans > Ocean Temperature > Sea Surface Temperature"),
      (
        "keywords_vocabulary",
        "NASA Global Change Master Directory (GCMD) Science Keywords"
      ),
      (
        "standard_name_vocabulary", "NetCDF Climate and Forecast (CF) Metadata Convention"
      ),
      ("geospatial_lat_units", "degrees_north"),
      ("geospatial_lon_units", "degrees_east"),
      ("creator_name", "pixeldrill sample"),
      ("project", "Group for High Resolution Sea Surface Temperature"),
      ("processing_level", "L3S"),
      ("cdm_data_type", "grid"),
      ("Conventions", "CF-1.6"),
    ]
  }

  private var acknowledgment: Attribute {
    let text = "SYNTHETIC data: nothing to acknowledge."
    return Attribute("acknowledgment", stringForm ? .texts([text]) : .text(text))
  }

  /// A version 4 UUID made of the identity, so that the same stack has the same names.
  private var uuid: String {
    let high = (identity.bits(0) & ~0xF000) | 0x4000
    let low = (identity.bits(1) & ~(0xC000 << 48)) | (0x8000 << 48)
    let digits = Self.hexadecimal(high) + Self.hexadecimal(low)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(digit)
    }
    return text
  }

  private static func hexadecimal(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// `20200101T152000Z`.
  private static func compact(_ instant: TimeInstant) -> String {
    instant.description.filter { $0 != "-" && $0 != ":" }
  }
}
