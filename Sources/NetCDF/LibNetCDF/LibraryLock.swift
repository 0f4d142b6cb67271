import Synchronization

/// One lock for libnetcdf, which isn't safe with threads, and libhdf5 below it. libhdf5 locks each
/// call; but what libnetcdf does in several calls fails when others come between.
enum LibraryLock {
  private static let lock = Mutex(())

  static func locked<Value, Failure: Error>(
    _ body: () throws(Failure) -> sending Value
  ) throws(Failure) -> sending Value {
    _ = HDF5Library.leavesExitAlone
    return try lock.withLock { _ throws(Failure) in try body() }
  }
}
