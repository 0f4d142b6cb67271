/// A way to a pixel's numbers.
public enum Route: String, Codable, Hashable, Sendable, CaseIterable, CustomStringConvertible {
  case zarrV3 = "zarr-v3"
  case zarrV2 = "zarr-v2"
  case references
  /// One set for all granules of a year and era.
  case combinedReferences = "references-combined"
  /// Each granule is fetched whole and read through libnetcdf, as from a THREDDS file server.
  case wholeFile = "whole-file"
  /// Each granule is opened where it lies, through libnetcdf.
  case inPlace = "in-place"
  /// Through libnetcdf from an OPeNDAP server.
  case opendap
  case xarrayZarr = "xarray-zarr"
  case xarrayReferences = "xarray-references"

  /// For tables and charts.
  public var description: String {
    switch self {
    case .zarrV3: "Zarr v3, sharded"
    case .zarrV2: "Zarr v2"
    case .references: "references, per granule"
    case .combinedReferences: "references, combined"
    case .wholeFile: "whole file + libnetcdf"
    case .inPlace: "in place + libnetcdf"
    case .opendap: "OPeNDAP (pydap)"
    case .xarrayZarr: "xarray on Zarr v3"
    case .xarrayReferences: "xarray on references"
    }
  }

  public var explanation: String {
    switch self {
    case .zarrV3: "pixeldrill drill from the rechunked stores, Zarr v3 with shards"
    case .zarrV2: "pixeldrill drill from the rechunked stores, Zarr v2 with plain chunks"
    case .references:
      "pixeldrill drill from kerchunk references, one set per granule: the original bytes"
    case .combinedReferences:
      "the same from one set for many granules, which is legal only where packing never changes"
    case .wholeFile:
      "THREDDS-style: every granule is fetched whole, then read through libnetcdf from its copy"
    case .inPlace: "every granule is opened where it lies, through libnetcdf; local files only"
    case .opendap:
      "libnetcdf's DAP2 client asks a real server, pydap on this machine (with a repair of its "
        + "handling of subsets), for the pixels of each granule, one request after the other"
    case .xarrayZarr: "Python: xarray and zarr-python on the same Zarr v3 stores"
    case .xarrayReferences: "Python: xarray, zarr-python and fsspec over the same reference sets"
    }
  }

  /// Whether Python reads, in a process of its own.
  public var isPeer: Bool { self == .xarrayZarr || self == .xarrayReferences }
}
