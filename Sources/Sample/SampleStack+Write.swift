import Foundation
import NetCDF
import Synchronization

/// A granule that lies complete in its folder.
public struct WrittenGranule: Hashable, Sendable {
  public let name: String
  public let byteCount: Int
  /// How many are written, this one included.
  public let number: Int
}

extension SampleStack {
  /// Writes all granules into a folder, each under another name first and renamed when complete.
  ///
  /// - Parameters:
  ///   - folder: Made if there is none. A folder that holds anything is refused.
  ///   - workers: Granules written at the same time, at least 1.
  ///   - progress: Called after each granule, from any thread, one call at a time. Granules may
  ///     come out of order.
  /// - Returns: Bytes of all files.
  /// - Throws: The first error; granules already complete stay.
  public func write(
    to folder: String, workers: Int, progress: @Sendable (WrittenGranule) -> Void
  ) throws(SampleError) -> Int {
    try Self.prepare(folder)
    let writer = GranuleWriter(self)
    let state = Mutex(Progress())
    DispatchQueue.concurrentPerform(iterations: min(workers, granules.count)) { _ in
      while let index = state.withLock({ $0.take(from: granules.count) }) {
        let result = Self.writeFile(granules[index], with: writer, in: folder)
        state.withLock { state in
          switch result {
          case .success(let byteCount):
            state.written += 1
            state.byteCount += byteCount
            progress(
              WrittenGranule(
                name: granules[index].name, byteCount: byteCount, number: state.written))
          case .failure(let error): state.failure = state.failure ?? error
          }
        }
      }
    }
    let final = state.withLock { $0 }
    if let failure = final.failure { throw failure }
    return final.byteCount
  }

  private struct Progress {
    var next = 0
    var written = 0
    var byteCount = 0
    var failure: SampleError?

    /// The next granule to write; `nil` when there is none or one has failed.
    mutating func take(from count: Int) -> Int? {
      guard failure == nil, next < count else { return nil }
      next += 1
      return next - 1
    }
  }

  private static func writeFile(
    _ granule: SampleGranule, with writer: GranuleWriter, in folder: String
  ) -> Result<Int, SampleError> {
    let path = folder + "/" + granule.name
    let unfinished = folder + "/." + granule.name + ".part"
    do {
      try writer.write(granule, to: unfinished)
      let attributes = try FileManager.default.attributesOfItem(atPath: unfinished)
      try FileManager.default.moveItem(atPath: unfinished, toPath: path)
      return .success((attributes[.size] as? Int) ?? 0)
    } catch {
      unlink(unfinished)
      switch error {
      case let error as SampleError: return .failure(error)
      case let error as ChunkWriteError:
        let variable = error.variable.map { "\($0): " } ?? ""
        return .failure(.granule(name: granule.name, reason: variable + error.reason))
      default: return .failure(.granule(name: granule.name, reason: "\(error)"))
      }
    }
  }

  private static func prepare(_ folder: String) throws(SampleError) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let found = try FileManager.default.contentsOfDirectory(atPath: folder)
      guard let example = found.min() else { return }
      throw SampleError.targetNotEmpty(path: folder, example: example)
    } catch let error as SampleError {
      throw error
    } catch {
      throw .fileSystem(path: folder, reason: error.localizedDescription)
    }
  }
}
