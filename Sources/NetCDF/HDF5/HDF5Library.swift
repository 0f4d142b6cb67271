import CHDF5

/// What is set once in a process, before libhdf5's first call.
enum HDF5Library {
  /// Keeps the library from closing, when the process ends, what is still open.
  ///
  /// After a write that failed (a full disk) it can't close the file, and version 1.10 then
  /// crashes in its exit handler. We close what we open, so there is nothing left for it to do.
  static let leavesExitAlone: Bool = H5dont_atexit() >= 0
}
