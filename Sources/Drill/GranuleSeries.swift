public import CF
public import NetCDF
internal import Storage
internal import Synchronization

/// One granule as a source of time series.
public struct GranuleSeries: TimeSeriesSource {
  /// How the numbers of a granule are read.
  public enum Reading: Hashable, Sendable {
    /// The tiles that hold the pixels, by their place in the file.
    case tiles
    /// The pixels' elements through libnetcdf, from the file where it lies; local files only.
    case library
    /// The whole file is fetched first, then read through libnetcdf, as from a THREDDS file server.
    case wholeFile
    /// The pixels' elements through libnetcdf from an OPeNDAP (DAP2) server that serves the store's
    /// granules below this URL. The header is still read from the store.
    case opendap(server: String)
  }

  public var location: String { source.location }
  public let grid: PixelGrid
  public let instants: [TimeInstant]
  public let variables: [SeriesVariable]
  public let refusals: [String: String]
  private let source: GranuleSource
  /// With the variables that are series only.
  private let granule: Granule
  private let axes: [String: SeriesAxes]
  private let parser: GranuleParser
  private let reading: Reading

  /// Reads a granule's header and coordinates.
  ///
  /// - Parameters:
  ///   - wanted: The variables that will be asked for; `nil` for all. Of the others only the name
  ///     is kept.
  ///   - grids: Shared by the granules of a stack, which have one grid.
  public static func open(
    _ source: GranuleSource, parser: GranuleParser, wanted: Set<String>? = nil,
    reading: Reading = .tiles, grids: GridPool = GridPool()
  ) async throws(DrillError) -> GranuleSeries {
    let granule: Granule
    do { granule = try await parser.header(of: source) } catch { throw .granule(error) }
    return try await GranuleSeries(
      source, granule, parser: parser, wanted: wanted, reading: reading, grids: grids)
  }

  private init(
    _ source: GranuleSource, _ granule: Granule, parser: GranuleParser, wanted: Set<String>?,
    reading: Reading, grids: GridPool
  ) async throws(DrillError) {
    self.source = source
    self.parser = parser
    self.reading = reading
    let names = try CoordinateNames(
      of: granule.variables.filter { $0.packing != nil }.map(DescribedArray.init),
      location: source.location)
    (grid, instants) = try await Self.coordinates(names, granule, source, parser, grids)
    var kept: [Variable] = []
    var axes: [String: SeriesAxes] = [:]
    var variables: [SeriesVariable] = []
    var refusals: [String: String] = [:]
    for variable in granule.variables {
      guard let packing = variable.packing else {
        refusals[variable.name] = "it holds no numbers"
        continue
      }
      do throws(NotASeries) {
        axes[variable.name] = try names.axes(
          of: DescribedArray(variable), rows: grid.latitude.count, columns: grid.longitude.count,
          steps: instants.count)
      } catch {
        refusals[variable.name] = error.reason
        continue
      }
      let isWanted = wanted?.contains(variable.name) ?? true
      if isWanted { kept.append(variable) }
      variables.append(
        SeriesVariable(
          name: variable.name, type: packing.unpackedType,
          attributes: isWanted ? variable.attributes : []))
    }
    self.granule = Granule(
      name: granule.name, format: granule.format, byteCount: granule.byteCount,
      dimensions: granule.dimensions, attributes: [], variables: kept)
    self.axes = axes
    self.variables = variables
    self.refusals = refusals
  }

  private static func coordinates(
    _ names: CoordinateNames, _ granule: Granule, _ source: GranuleSource, _ parser: GranuleParser,
    _ grids: GridPool
  ) async throws(DrillError) -> (PixelGrid, [TimeInstant]) {
    let wanted = [names.time.name, names.latitude, names.longitude]
    let stored = try await concurrently(wanted, width: 3) { name throws(DrillError) in
      guard let variable = granule.variable(name), let packing = variable.packing else {
        throw .notASource(location: source.location, reason: "it has no “\(name)”")
      }
      let bytes: [UInt8]
      do throws(GranuleError) {
        bytes = try await parser.values(
          of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
      } catch { throw .granule(error) }
      return StoredCoordinate(
        name: name, location: source.location, bytes: bytes, packing: packing)
    }
    let grid = PixelGrid(
      latitude: try stored[1].axis(.latitude), longitude: try stored[2].axis(.longitude))
    return (grids.shared(grid), try stored[0].instants(names.time.units))
  }

  public func values(
    of name: String, at pixels: [Pixel], steps: Range<Int>
  ) async throws(DrillError) -> SeriesValues {
    guard let variable = granule.variable(name), let axes = axes[name],
      let packing = variable.packing
    else {
      throw .notASeries(
        variable: name, location: location, reason: refusals[name] ?? "it isn't there")
    }
    let stored: [UInt8]
    switch reading {
    case .tiles:
      do throws(GranuleError) {
        let reader = try await parser.tiles(of: variable, in: granule, from: source)
        stored = try await Self.tileValues(variable, reader, axes, pixels, steps)
      } catch { throw .granule(error) }
    case .library:
      guard let path = source.store.localPath(of: source.key) else {
        throw .notASource(location: location, reason: "libnetcdf opens local files only")
      }
      do { stored = try Self.libraryValues(path, variable, axes, pixels, steps) } catch {
        throw .library(error)
      }
    case .wholeFile:
      stored = try await Self.withWholeFile(of: source) { path throws(DrillError) in
        do throws(LibNetCDFError) {
          return try Self.libraryValues(path, variable, axes, pixels, steps)
        } catch { throw .library(error) }
      }
    case .opendap(let server):
      let url = "\(server)/\(source.key)"
      do { stored = try Self.libraryValues(url, variable, axes, pixels, steps) } catch {
        throw .library(error)
      }
    }
    // DAP2 has no signed bytes: what a server sends in their place has another size.
    guard stored.count == pixels.count * steps.count * (variable.elementByteCount ?? 1) else {
      throw .notASeries(
        variable: name, location: location, reason: "it came as numbers of another size")
    }
    return SeriesValues(unpacking: stored, packing)
  }

  public func origins(of variable: String) async throws(DrillError) -> [StepOrigin] {
    let origin = StepOrigin(location: location, etag: source.info.etag ?? "")
    return instants.map { _ in origin }
  }
}

/// Keeps one copy of the grid that many granules have.
public final class GridPool: Sendable {
  private let grid = Mutex<PixelGrid?>(nil)

  public init() {}

  func shared(_ grid: PixelGrid) -> PixelGrid {
    self.grid.withLock { known in
      if let known, known == grid { return known }
      known = known ?? grid
      return grid
    }
  }
}

extension DescribedArray {
  init(_ variable: Variable) {
    self.init(
      name: variable.name, dimensions: variable.dimensions, shape: variable.shape,
      attributes: variable.attributes)
  }
}
