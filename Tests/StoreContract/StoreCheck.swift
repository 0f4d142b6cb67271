public import Storage

/// One thing that every store must do. It is given an empty store and may leave values in it.
public struct StoreCheck: Sendable, CustomStringConvertible {
  public let description: String
  public let run: @Sendable (any ByteStore) async throws -> Void

  init(_ description: String, _ run: @escaping @Sendable (any ByteStore) async throws -> Void) {
    self.description = description
    self.run = run
  }

  /// All of them. A store that refuses some keys says so by its error, as in ``oddKeys``.
  public static let all = reading + writing + listing + deleting + uploading
}

/// A store did something else than the contract says.
public struct ContractViolation: Error, CustomStringConvertible {
  public let description: String
}

func expect<Value: Equatable>(
  _ found: Value, _ wanted: Value, _ what: String, line: UInt = #line
) throws {
  guard found != wanted else { return }
  throw ContractViolation(description: "\(what): found \(found), wanted \(wanted) (line \(line))")
}

func expectError(
  _ wanted: StoreError, _ what: String, _ body: () async throws(StoreError) -> Void
) async throws {
  do throws(StoreError) {
    try await body()
  } catch {
    return try expect(error, wanted, what)
  }
  throw ContractViolation(description: "\(what): no error, wanted \(wanted)")
}

/// Bytes that differ from position to position, so that a shifted range is noticed.
func pattern(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  let words = (0..<503).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return state
  }
  // A prime number of words: a shift by a power of two is noticed.
  let block = words.withUnsafeBytes { [UInt8]($0) }
  var bytes: [UInt8] = []
  while bytes.count < count { bytes += block.prefix(count - bytes.count) }
  return bytes
}

func key(_ text: String) -> StoreKey { StoreKey(literal: text) }
