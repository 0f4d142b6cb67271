/// How a stack was asked for: kept in manifests, so that a store can be repaired from them.
public struct StackRequest: Codable, Hashable, Sendable {
  /// As typed: files, folders, patterns, buckets.
  public let inputs: [String]
  /// The time coordinate's name, where the user gave it; else it is found by its units.
  public let time: String?
  /// The product's name, where the user gave it: then titles may differ between granules.
  public let product: String?

  public init(inputs: [String] = [], time: String? = nil, product: String? = nil) {
    self.inputs = inputs
    self.time = time
    self.product = product
  }
}
