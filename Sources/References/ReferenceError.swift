public import NetCDF
public import Storage
public import Zarr

/// Why a reference set can't be read, built or combined. `location` is the path or URL of the set
/// for what is wrong with a set, and that of the granule for what is wrong with a granule.
public enum ReferenceError: Error, Hashable, Sendable {
  /// Nothing is there.
  case absent(location: String)
  /// The text ends too early, or isn't JSON; `offset` is the byte, after decompression, where
  /// reading stopped.
  case notJSON(location: String, offset: Int, reason: String)
  /// It is JSON, but no reference set.
  case notReferences(location: String, reason: String)
  /// A reference that says nothing that could be read.
  case badReference(location: String, key: String, reason: String)
  /// A template, or a generator's text, that can't be expanded.
  case badTemplate(location: String, text: String, reason: String)
  /// The set asks for more than anyone needs; `limit` counts `what`.
  case tooLarge(location: String, what: String, limit: Int)
  /// A compressed set, or a zip file, is damaged or of a kind that we don't read.
  case damagedFile(location: String, reason: String)
  case noArray(location: String, name: String)
  /// The array's chunk references were not asked for when the set was opened.
  case notOpened(location: String, name: String)
  /// The source isn't what it was when the set was made.
  case sourceChanged(location: String, source: String, was: String, is: String)
  /// There is no record of the source to compare it with.
  case noPin(location: String, source: String)
  /// Two granules would have one set.
  case sameName(name: String, first: String, second: String)
  case combine(CombineError)
  case zarr(location: String, ZarrError)
  case granule(GranuleError)
  case storage(StoreError)
}

extension ReferenceError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .absent(let location): "\(location): there is no such reference set"
    case .notJSON(let location, let offset, let reason):
      "\(location): no JSON at byte \(offset): \(reason)"
    case .notReferences(let location, let reason): "\(location): no reference set: \(reason)"
    case .badReference(let location, let key, let reason):
      "\(location): the reference “\(key)” \(reason)"
    case .badTemplate(let location, let text, let reason):
      "\(location): the template “\(text)” \(reason)"
    case .tooLarge(let location, let what, let limit):
      "\(location): more than \(limit) \(what); this can't be meant"
    case .damagedFile(let location, let reason): "\(location): \(reason)"
    case .noArray(let location, let name): "\(location): no array “\(name)”"
    case .notOpened(let location, let name):
      "\(location): the references of “\(name)” were passed over when the set was opened"
    case .sourceChanged(let location, let source, let was, let now):
      "\(location): \(source) has changed since: it had \(was), it has \(now); make the references "
        + "again"
    case .noPin(let location, let source):
      "\(location): no record of \(source) as it was; make the references again with refs"
    case .sameName(let name, let first, let second):
      "two granules are named \(name), and would have one reference set: \(first) and \(second)"
    case .combine(let error): "\(error)"
    case .zarr(let location, let error): "\(location): \(error)"
    case .granule(let error): "\(error)"
    case .storage(let error): "\(error)"
    }
  }
}
