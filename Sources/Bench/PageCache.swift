internal import Foundation

/// The kernel's copies of files.
enum PageCache {
  /// Makes the kernel forget the files below some folders, so that the next read waits for the disk.
  ///
  /// Needs no rights beyond reading. What isn't written to disk yet can't be forgotten: ``settle()``.
  static func drop(below folders: [String]) throws(BenchError) {
    for folder in folders {
      guard let walker = FileManager.default.enumerator(atPath: folder) else {
        throw .file(path: folder, reason: "it can't be listed")
      }
      for case let name as String in walker {
        let descriptor = open("\(folder)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { continue }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        close(descriptor)
      }
    }
  }

  /// Has everything written to disk.
  static func settle() { sync() }
}
