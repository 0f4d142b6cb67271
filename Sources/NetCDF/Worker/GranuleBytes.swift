import Glibc

/// The bytes of one granule for parsers, which read by blocking calls on threads of their own.
protocol GranuleBytes: AnyObject {
  var byteCount: Int { get }
  /// Where libraries can open it themselves; `nil` if it is no local file.
  var path: String? { get }
  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// - Throws: ``GranuleError/Reason/damaged(_:)`` if the granule ends before.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(GranuleError.Reason)
}

extension GranuleBytes {
  var path: String? { nil }

  /// - Throws: ``GranuleError/Reason/damaged(_:)`` if the range isn't within the granule; then
  ///   nothing was allocated.
  func read(_ offset: Int, count: Int) throws(GranuleError.Reason) -> [UInt8] {
    try checkBounds(offset, count)
    var failure: GranuleError.Reason?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      do throws(GranuleError.Reason) {
        try read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
        initializedCount = count
      } catch {
        failure = error
        initializedCount = 0
      }
    }
    if let failure { throw failure }
    return bytes
  }

  func contains(_ offset: Int, _ count: Int) -> Bool {
    offset >= 0 && count >= 0 && offset <= byteCount && count <= byteCount - offset
  }

  func checkBounds(_ offset: Int, _ count: Int) throws(GranuleError.Reason) {
    guard contains(offset, count) else {
      throw .damaged("bytes \(offset)+\(count) are needed, the file has \(byteCount)")
    }
  }
}

/// A local file.
final class FileBytes: GranuleBytes {
  let byteCount: Int
  let path: String?
  private let descriptor: Int32

  /// - Parameter byteCount: The size when it was listed; a file that is now shorter is damaged.
  init(path: String, byteCount: Int) throws(GranuleError.Reason) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw errno == ENOENT ? .absent : .noParser("open: " + String(cString: strerror(errno)))
    }
    self.descriptor = descriptor
    self.byteCount = byteCount
    self.path = path
  }

  deinit { close(descriptor) }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(GranuleError.Reason)
  {
    try checkBounds(offset, buffer.count)
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw .noParser("read: " + String(cString: strerror(errno)))
      }
      guard count > 0 else {
        throw .damaged("the file ends at byte \(offset + done), it had \(byteCount)")
      }
      done += count
    }
  }
}

/// A granule that was read whole.
final class MemoryBytes: GranuleBytes {
  private let bytes: [UInt8]
  var byteCount: Int { bytes.count }

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(GranuleError.Reason)
  {
    try checkBounds(offset, buffer.count)
    bytes[offset..<offset + buffer.count].withUnsafeBytes { buffer.copyMemory(from: $0) }
  }
}

/// Bytes that are costly to ask for, kept in blocks. Reads of several blocks go past the cache.
final class BlockBytes: GranuleBytes {
  static let blockByteCount = 256 << 10
  private static let blockLimit = 64

  let byteCount: Int
  private let fetch: (Range<Int>) throws(GranuleError.Reason) -> [UInt8]
  private var blocks: [Int: [UInt8]] = [:]
  private var order: [Int] = []

  /// - Parameters:
  ///   - head: The first block, or empty.
  ///   - fetch: Reads a range that lies within the granule.
  init(
    byteCount: Int, head: [UInt8],
    fetch: @escaping (Range<Int>) throws(GranuleError.Reason) -> [UInt8]
  ) {
    self.byteCount = byteCount
    self.fetch = fetch
    if head.count == min(byteCount, Self.blockByteCount) { blocks[0] = head }
  }

  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(GranuleError.Reason)
  {
    try checkBounds(offset, buffer.count)
    guard buffer.count <= 2 * Self.blockByteCount else {
      return try copy(exactly(offset..<offset + buffer.count)[...], to: buffer)
    }
    var done = 0
    while done < buffer.count {
      let position = offset + done
      let block = try block(position / Self.blockByteCount)
      let start = position % Self.blockByteCount
      let count = min(block.count - start, buffer.count - done)
      copy(
        block[start..<start + count],
        to: UnsafeMutableRawBufferPointer(rebasing: buffer[done..<done + count]))
      done += count
    }
  }

  private func copy(_ bytes: ArraySlice<UInt8>, to buffer: UnsafeMutableRawBufferPointer) {
    bytes.withUnsafeBytes { buffer.copyMemory(from: $0) }
  }

  private func block(_ index: Int) throws(GranuleError.Reason) -> [UInt8] {
    if let block = blocks[index] { return block }
    let start = index * Self.blockByteCount
    let block = try exactly(start..<min(start + Self.blockByteCount, byteCount))
    if order.count == Self.blockLimit { blocks[order.removeFirst()] = nil }
    order.append(index)
    blocks[index] = block
    return block
  }

  private func exactly(_ range: Range<Int>) throws(GranuleError.Reason) -> [UInt8] {
    let bytes = try fetch(range)
    guard bytes.count == range.count else {
      throw .damaged("\(range.count) bytes were asked for, \(bytes.count) came")
    }
    return bytes
  }
}
