public import Storage

/// Why a Zarr store can't be read. What can't be read is never fill value.
public enum ZarrError: Error, Hashable, Sendable {
  /// Nothing here is a Zarr array, or group, of version 2 or 3.
  case notFound(path: String, location: String)
  case notJSON(key: StoreKey, JSONError)
  /// A member of the metadata is missing or isn't what the specification allows.
  case badMetadata(key: StoreKey, member: String, reason: String)
  /// Allowed by the specification, but this reader doesn't know it.
  case unsupported(key: StoreKey, feature: String)
  /// A chunk's bytes don't decode.
  case damagedChunk(key: StoreKey, chunk: [Int], CodecError)
  case damagedIndex(key: StoreKey, reason: String)
  /// A chunk is absent, and the array has no fill value that would say what it holds.
  case undefinedChunk(key: StoreKey)
  /// A shard was there when its index was read, and is gone.
  case vanished(key: StoreKey)
  case regionOutOfBounds(path: String, region: [Range<Int>], shape: [Int])
  /// More than 8 GiB in one piece: read it in parts.
  case regionTooLarge(path: String, region: [Range<Int>])
  case store(StoreError)
}

extension ZarrError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notFound(let path, let location):
      "\(location): no Zarr array or group" + (path.isEmpty ? "" : " “\(path)”")
    case .notJSON(let key, let error): "\(key): \(error)"
    case .badMetadata(let key, let member, let reason): "\(key): “\(member)” \(reason)"
    case .unsupported(let key, let feature): "\(key): \(feature) can't be read"
    case .damagedChunk(let key, let chunk, let error): "\(key), chunk \(chunk): \(error)"
    case .damagedIndex(let key, let reason): "\(key): the shard's index \(reason)"
    case .undefinedChunk(let key):
      "\(key) is absent, and the array has no fill value to take its place"
    case .vanished(let key): "\(key) disappeared while it was read"
    case .regionOutOfBounds(let path, let region, let shape):
      "\(path): \(region) reaches outside the shape \(shape)"
    case .regionTooLarge(let path, let region): "\(path): \(region) is too large to read at once"
    case .store(let error): "\(error)"
    }
  }
}
