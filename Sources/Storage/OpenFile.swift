internal import CLinux
internal import Glibc

/// A file open for reading.
final class OpenFile: Sendable {
  let byteCount: Int
  private let descriptor: Int32
  private let key: StoreKey
  private let location: String

  /// `nil` if there is no such file; a folder, pipe or device counts as none.
  init?(_ path: String, key: StoreKey, location: String) throws(StoreError) {
    // O_NONBLOCK: a pipe must not hold us up. It means nothing for regular files.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if FolderStore.meansAbsent(errno) || errno == ENXIO { return nil }
      throw .systemCall(errno, "read", key, at: location)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .systemCall(code, "read", key, at: location)
    }
    guard status.isRegularFile else {
      close(descriptor)
      return nil
    }
    byteCount = Int(status.st_size)
    self.key = key
    self.location = location
  }

  deinit { close(descriptor) }

  /// What the page cache holds, without waiting; `nil` if it doesn't hold all of it.
  ///
  /// - Precondition: The range lies in the file.
  func readCached(_ range: Range<Int>) -> [UInt8]? {
    if range.isEmpty { return [] }
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      var piece = iovec(iov_base: buffer.baseAddress, iov_len: range.count)
      count = max(
        0, preadv2(descriptor, &piece, 1, off_t(range.lowerBound), Int32(SHIM_RWF_NOWAIT)))
    }
    return bytes.count == range.count ? bytes : nil
  }

  /// Reads, waiting for the disk.
  ///
  /// - Throws: ``StoreError/badAnswer(key:location:reason:)`` if the file has become shorter.
  func readWaiting(_ range: Range<Int>) throws(StoreError) -> [UInt8] {
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      let start = UnsafeMutableRawBufferPointer(buffer).baseAddress
      while count < range.count {
        let got = pread(
          descriptor, start?.advanced(by: count), range.count - count,
          off_t(range.lowerBound + count))
        if got > 0 { count += got }
        if got == 0 { break }
        if got < 0, errno != EINTR {
          code = errno
          break
        }
      }
    }
    if code != 0 { throw .systemCall(code, "read", key, at: location) }
    guard bytes.count == range.count else {
      throw .badAnswer(
        key: key, location: location,
        reason: "the file became shorter while bytes \(range) were read")
    }
    return bytes
  }
}
