internal import CF
public import NetCDF
internal import Storage
internal import Zarr

/// Finds out where the chunks of a granule's variables are, and says so in Zarr's terms.
///
/// Bytes of the granule are read for its header, its chunk indexes, and what is inlined.
public struct ReferenceBuilder: Sendable {
  /// kerchunk's is 500.
  public static let defaultInlineLimit = 512
  /// Coordinates are inlined up to so many times the limit, so that opening a stack takes nothing
  /// but the sets.
  static let coordinateFactor = 64
  /// What may be inlined of an array because it can't be referenced.
  static let substituteLimit = 1 << 20
  /// Contiguous storage is cut into chunks of at most this many bytes, where it can be cut evenly.
  static let contiguousChunkByteCount = 1 << 20

  let parser: GranuleParser
  /// Arrays whose stored bytes are no more are put into the set itself.
  let inlineLimit: Int

  /// - Parameter inlineLimit: 0 inlines only what can't be referenced: some readers of references
  ///   don't know inline data.
  public init(parser: GranuleParser, inlineLimit: Int = defaultInlineLimit) {
    self.parser = parser
    self.inlineLimit = inlineLimit
  }

  /// What was found in one granule.
  struct Result: Sendable {
    let source: GranuleSource
    let granule: Granule
    let arrays: [ArrayReferences]
    let leftOut: [LeftOutVariable]
  }

  /// The most variables of a distant granule that are indexed at once: each waits for answers.
  private static let distantWidth = 16

  func build(_ source: GranuleSource) async throws(ReferenceError) -> Result {
    let isLocal = source.store.localPath(of: source.key) != nil
    let reading = source.keepingHead()
    let granule: Granule
    do { granule = try await parser.header(of: reading) } catch { throw .granule(error) }
    let indexed = await inOrder(granule.variables, width: isLocal ? 1 : Self.distantWidth) {
      (variable) -> Swift.Result<ArrayReferences, ArrayBuilder.Failure> in
      do throws(ArrayBuilder.Failure) {
        return .success(
          try await ArrayBuilder(
            variable: variable, granule: granule, source: reading, parser: parser,
            inlineLimit: inlineLimit
          ).references())
      } catch { return .failure(error) }
    }
    var arrays: [ArrayReferences] = []
    var leftOut: [LeftOutVariable] = []
    for (variable, result) in zip(granule.variables, indexed) {
      switch result {
      case .success(let array): arrays.append(array)
      case .failure(.cannotReference(let reason)):
        leftOut.append(LeftOutVariable(name: variable.name, reason: reason))
      case .failure(.granule(let error)): throw .granule(error)
      }
    }
    return Result(source: source, granule: granule, arrays: arrays, leftOut: leftOut)
  }
}

/// A variable that no reference can stand for.
public struct LeftOutVariable: Hashable, Sendable, CustomStringConvertible {
  public let name: String
  public let reason: String
  public var description: String { "\(name): \(reason)" }
}
