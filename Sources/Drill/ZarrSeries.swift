public import CF
public import Storage
internal import Zarr

/// A Zarr group as a source of time series: a store, or references that look like one.
public struct ZarrSeries: TimeSeriesSource {
  public let location: String
  public let grid: PixelGrid
  public let instants: [TimeInstant]
  public let variables: [SeriesVariable]
  public let refusals: [String: String]
  let arrays: [String: SeriesArray]
  private let ledger: (any StepLedger)?

  /// Opens a group and reads its coordinates.
  ///
  /// - Parameters:
  ///   - location: Where the store is, for people.
  ///   - ledger: Knows where steps come from.
  public static func open(
    _ store: any ByteStore, location: String, ledger: (any StepLedger)? = nil
  ) async throws(DrillError) -> ZarrSeries {
    let group: ZarrGroup
    do { group = try await ZarrGroup.open(store: store) } catch {
      throw .zarr(location: location, error)
    }
    return try await ZarrSeries(
      group.arrayNames.map { name in
        (name, Result { () throws(ZarrError) in try group.array(name) })
      }, location: location, ledger: ledger)
  }

  /// - Parameter candidates: The arrays by name, or why one can't be read.
  init<Problem>(
    _ candidates: [(name: String, array: Result<ZarrArray, Problem>)], location: String,
    ledger: (any StepLedger)?
  ) async throws(DrillError) {
    self.location = location
    self.ledger = ledger
    var described: [DescribedArray] = []
    var opened: [String: ZarrArray] = [:]
    var refusals: [String: String] = [:]
    for (name, candidate) in candidates {
      switch candidate {
      case .success(let array):
        opened[name] = array
        described.append(DescribedArray(name, array.metadata))
      // An array of a kind we can't read keeps nobody from the others.
      case .failure(let problem): refusals[name] = "\(problem)"
      }
    }
    let names = try CoordinateNames(of: described, location: location)
    (grid, instants) = try await Self.coordinates(names, opened, location: location)
    var arrays: [String: SeriesArray] = [:]
    var variables: [SeriesVariable] = []
    for description in described {
      guard let array = opened[description.name] else { continue }
      let packing = array.metadata.packing
      do throws(NotASeries) {
        let axes = try names.axes(
          of: description, rows: grid.latitude.count, columns: grid.longitude.count,
          steps: instants.count)
        arrays[description.name] = SeriesArray(array: array, axes: axes, packing: packing)
      } catch {
        refusals[description.name] = error.reason
        continue
      }
      variables.append(
        SeriesVariable(
          name: description.name, type: packing.unpackedType,
          attributes: array.metadata.attributes))
    }
    self.arrays = arrays
    self.variables = variables
    self.refusals = refusals
  }

  public func values(
    of variable: String, at pixels: [Pixel], steps: Range<Int>
  ) async throws(DrillError) -> SeriesValues {
    guard let array = arrays[variable] else {
      throw .notASeries(
        variable: variable, location: location, reason: refusals[variable] ?? "it isn't there")
    }
    do { return try await array.values(at: pixels, steps: steps) } catch {
      throw .zarr(location: location, error)
    }
  }

  public func origins(of variable: String) async throws(DrillError) -> [StepOrigin] {
    guard let ledger else {
      return instants.map { _ in StepOrigin(location: location, etag: "") }
    }
    return try await ledger.origins(of: variable, at: instants, location: location)
  }

  /// Reads the three coordinates at once.
  private static func coordinates(
    _ names: CoordinateNames, _ arrays: [String: ZarrArray], location: String
  ) async throws(DrillError) -> (PixelGrid, [TimeInstant]) {
    let wanted = [names.time.name, names.latitude, names.longitude]
    let coordinates = try await concurrently(wanted, width: 3) { name throws(DrillError) in
      guard let array = arrays[name] else {
        throw .notASource(location: location, reason: "it has no “\(name)”")
      }
      do throws(ZarrError) {
        let bytes = try await array.read(array.metadata.shape.map { 0..<$0 })
        return StoredCoordinate(
          name: name, location: location, bytes: bytes, packing: array.metadata.packing)
      } catch {
        throw .zarr(location: location, error)
      }
    }
    let grid = PixelGrid(
      latitude: try coordinates[1].axis(.latitude), longitude: try coordinates[2].axis(.longitude))
    return (grid, try coordinates[0].instants(names.time.units))
  }
}

/// Knows what the steps of a store were made of.
public protocol StepLedger: Sendable {
  /// - Returns: One element per moment, which are those of the store's steps.
  func origins(
    of variable: String, at instants: [TimeInstant], location: String
  ) async throws(DrillError) -> [StepOrigin]
}

extension DescribedArray {
  init(_ name: String, _ metadata: ArrayMetadata) {
    self.init(
      name: name,
      dimensions: metadata.dimensionNames ?? Self.usualDimensions(name, metadata.shape),
      shape: metadata.shape, attributes: metadata.attributes)
  }

  /// What a store without dimension names most likely means.
  private static func usualDimensions(_ name: String, _ shape: [Int]) -> [String] {
    switch shape.count {
    case 1: [name]
    case 3: ["time", "lat", "lon"]
    default: shape.indices.map { "dimension \($0)" }
    }
  }
}
