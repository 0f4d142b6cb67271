/// A version of the Zarr format.
public enum ZarrFormat: Int, Hashable, Sendable, Codable {
  case v2 = 2
  case v3 = 3
}
