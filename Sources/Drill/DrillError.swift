public import NetCDF
public import References
public import Storage
public import Zarr

/// Why there is no time series.
public enum DrillError: Error, Hashable, Sendable {
  case noSource
  /// Nothing here can be drilled.
  case notASource(location: String, reason: String)
  /// Chunks of a store are there, its metadata is not: it is being written, or its writer died.
  case unfinished(location: String)
  case badCoordinate(location: String, name: String, reason: String)
  case unknownVariable(String, nearest: String?, known: [String])
  /// The variable is there, but isn't a number for each time, latitude and longitude.
  case notASeries(variable: String, location: String, reason: String)
  case differentGrid(location: String, first: String, reason: String)
  case differentCalendar(location: String, first: String)
  case outsideGrid(latitude: Double, longitude: Double, extent: String)
  case emptyBox(extent: String)
  case noSteps(first: String, last: String)
  case tooManyValues(count: Int, limit: Int)
  case badText(what: String, text: String, reason: String)
  /// A number that the output's format can't say.
  case notRepresentable(variable: String, format: String, value: String)
  case zarr(location: String, ZarrError)
  case granule(GranuleError)
  case library(LibNetCDFError)
  case references(ReferenceError)
  case store(StoreError)
}

extension DrillError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSource: "there is nothing to drill; name a store, references or granules"
    case .notASource(let location, let reason): "\(location) can't be drilled: \(reason)"
    case .unfinished(let location):
      "\(location) isn't a finished store: it has no metadata; convert it again, or leave it out"
    case .badCoordinate(let location, let name, let reason): "\(location), “\(name)”: \(reason)"
    case .unknownVariable(let name, let nearest, let known):
      "there is no variable “\(name)”"
        + (nearest.map { "; did you mean “\($0)”?" } ?? "; there are \(Self.list(known))")
    case .notASeries(let variable, let location, let reason):
      "\(location): “\(variable)” is no time series of pixels: \(reason)"
    case .differentGrid(let location, let first, let reason):
      "\(location) has another grid than \(first): \(reason); drill them apart"
    case .differentCalendar(let location, let first):
      "\(location) has another calendar than \(first); drill them apart"
    case .outsideGrid(let latitude, let longitude, let extent):
      "latitude \(latitude), longitude \(longitude) lies outside the grid: \(extent)"
    case .emptyBox(let extent):
      "no pixel's centre lies in the box; the grid has \(extent)"
    case .noSteps(let first, let last):
      "no time step is selected; the series goes from \(first) to \(last)"
    case .tooManyValues(let count, let limit):
      "\(count) values were asked for, \(limit) fit; choose a smaller box or a shorter time"
    case .badText(let what, let text, let reason): "\(what) “\(text)”: \(reason)"
    case .notRepresentable(let variable, let format, let value):
      "“\(variable)” has the value \(value), which \(format) can't hold; choose another format"
    case .zarr(let location, let error):
      if case .notFound = error { "\(error)" } else { "\(location): \(error)" }
    case .granule(let error): "\(error)"
    case .library(let error): "\(error)"
    case .references(let error): "\(error)"
    case .store(let error): "\(error)"
    }
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.map { "“\($0)”" }.joined(separator: ", ")
  }
}
