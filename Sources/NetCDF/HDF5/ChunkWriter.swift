import CHDF5

/// Adds chunks that are already encoded to the variables of a NetCDF-4 file.
///
/// The file and its variables must exist: ``NetCDFWriter`` makes them. The library stores the bytes
/// as they are, so the work of encoding can be done in any thread; only the copy to the file is
/// under the library's lock. Not shared between threads.
public final class ChunkWriter {
  /// A handle in a place that can be empty.
  private final class Opened {
    let handle: HDF5Handle
    init(_ handle: consuming HDF5Handle) { self.handle = handle }
  }

  private let path: String
  private var file: Opened?
  private var dataset: (name: String, opened: Opened)?

  /// - Parameter path: A NetCDF-4 file that nothing else has open.
  public init(path: String) throws(ChunkWriteError) {
    self.path = path
    try locked(variable: nil) { () throws(GranuleError.Reason) in
      file = Opened(
        try HDF5Handle("H5Fopen", close: H5Fclose) {
          H5Fopen(path, shim_h5f_acc_rdwr(), shim_h5p_default())
        })
    }
  }

  deinit {
    LibraryLock.locked {
      dataset = nil
      file = nil
    }
  }

  /// Stores one chunk.
  ///
  /// - Parameters:
  ///   - bytes: The whole chunk, after all of the variable's filters.
  ///   - origin: The first element of the chunk, one number per dimension.
  public func write(
    _ bytes: [UInt8], variable: String, origin: [Int]
  ) throws(ChunkWriteError) {
    let offset = origin.map { hsize_t($0) }
    try locked(variable: variable) { () throws(GranuleError.Reason) in
      let target = try open(variable)
      try check("H5Dwrite_chunk") {
        H5Dwrite_chunk(target.handle.id, shim_h5p_default(), 0, offset, bytes.count, bytes)
      }
    }
  }

  /// Writes what the library still holds; to be called last, since the destructor can't report a
  /// failure.
  public func flush() throws(ChunkWriteError) {
    try locked(variable: nil) { () throws(GranuleError.Reason) in
      guard let file else { return }
      try check("H5Fflush") { H5Fflush(file.handle.id, H5F_SCOPE_GLOBAL) }
    }
  }

  private func open(_ variable: String) throws(GranuleError.Reason) -> Opened {
    if let dataset, dataset.name == variable { return dataset.opened }
    guard let file else { preconditionFailure("open from init to deinit") }
    let opened = Opened(
      try HDF5Handle("H5Dopen2", close: H5Dclose) {
        H5Dopen2(file.handle.id, variable, shim_h5p_default())
      })
    dataset = (variable, opened)
    return opened
  }

  private func locked(
    variable: String?, _ body: () throws(GranuleError.Reason) -> Void
  ) throws(ChunkWriteError) {
    do throws(GranuleError.Reason) {
      try LibraryLock.locked { () throws(GranuleError.Reason) in
        silenceHDF5()
        try body()
      }
    } catch {
      throw ChunkWriteError(path: path, variable: variable, reason: error)
    }
  }
}

/// Why encoded chunks couldn't be stored.
public struct ChunkWriteError: Error, Hashable, Sendable, CustomStringConvertible {
  public let path: String
  /// `nil` if it is the file.
  public let variable: String?
  /// The system's reason if the library names it, or else the library's own.
  public let reason: String

  init(path: String, variable: String?, reason: GranuleError.Reason) {
    self.path = path
    self.variable = variable
    guard case .damaged(let text) = reason else {
      self.reason = "\(reason)"
      return
    }
    let system = text.firstRange(of: "error message = '").map { text[$0.upperBound...] }
    self.reason = system.map { String($0.prefix { $0 != "'" }) } ?? text
  }

  public var description: String {
    path + (variable.map { ", variable \($0)" } ?? "") + ": \(reason)"
  }
}
