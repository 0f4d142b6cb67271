import NetCDF
public import Storage
import ZarrWriter

/// Why a year isn't converted, although it could be: something would be lost, or become another
/// thing, that nobody asked for.
public enum ConversionError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No manifest and no journal says what this is.
  case storeExists(location: String, key: StoreKey)
  case optionsDiffer(location: String, [String])
  /// Nothing of the year changed, but other granules, or other advice, make it another one.
  case stackDiffers(location: String, [String])
  case granulesMissing(location: String, [String])
  /// A granule that was left out, because its data were found damaged.
  case stillBad(location: String, granule: String, reason: String)

  public var description: String {
    switch self {
    case .storeExists(let location, let key):
      "\(location) exists (\(key)), and there is neither a manifest nor a journal of it; remove it, "
        + "choose another root, or replace it with --fresh"
    case .optionsDiffer(let location, let differences):
      "\(location) was made otherwise: \(ConversionNotice.list(differences)); ask for the same, "
        + "or replace it with --fresh"
    case .stackDiffers(let location, let differences):
      "\(location) would become another store because of other years' granules, or since another "
        + "version of pixeldrill made it: "
        + "\(ConversionNotice.list(differences)); replace it with --fresh"
    case .granulesMissing(let location, let differences):
      "\(location) was made of more than the inputs: \(ConversionNotice.list(differences)); name "
        + "all granules of the year, or replace it with --fresh"
    case .stillBad(let location, let granule, let reason):
      "\(location) was made without \(granule) (\(reason)), which hasn't changed since; replace the "
        + "file, or leave it out again with --skip-bad"
    }
  }
}

/// A run ended on the way, because of what is outside of it.
public struct ConversionStopped: Error, CustomStringConvertible {
  public let year: Int
  public let cause: any Error

  public var description: String {
    "\(year): \(cause); put that right and run the same command again: it goes on from there"
  }

  /// - Returns: `nil` if the same would happen again.
  init?(_ cause: any Error, year: Int) {
    switch cause {
    case is StoreError, is ArrayWriteError, is ArenaError: break
    case let error as GranuleError where !error.isAboutTheGranule: break
    default: return nil
    }
    self.cause = cause
    self.year = year
  }
}
