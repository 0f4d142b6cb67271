internal import CZlib
public import Storage

/// Writes a zip file, one member after the other, without holding it in memory.
///
/// The same members give the same bytes: the time of all is 1980-01-01. At most 65,535 members
/// and 4 GiB, so that every reader can open it.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10, 4.3.
public final class ZipWriter: Sendable {
  private let upload: any Upload
  private let location: String
  /// Only one task at a time writes.
  private let state = State()

  private final class State: @unchecked Sendable {
    var directory: [UInt8] = []
    var offset = 0
    var count = 0
  }

  public init(store: any ByteStore, key: StoreKey) async throws(ReferenceError) {
    location = ReferenceSource(store: store, key: key).location
    do { upload = try await store.upload(to: key) } catch { throw .storage(error) }
  }

  /// Adds a file.
  ///
  /// - Parameter name: With folders, which need no entries of their own.
  public func add(_ name: String, _ bytes: [UInt8]) async throws(ReferenceError) {
    let packed = try Self.deflated(bytes, location: location)
    var checksum = ZipChecksum()
    checksum.add(bytes)
    let nameBytes = Array(name.utf8)
    guard state.count < 0xFFFF, nameBytes.count <= 0xFFFF, bytes.count < 0xFFFF_FFFF,
      state.offset + packed.count + nameBytes.count + 30 < 0xFFFF_FFFF - (1 << 24)
    else {
      throw .tooLarge(location: location, what: "files, or 4 GiB, in one zip file", limit: 65_535)
    }
    // What local header and directory say alike: version, UTF-8 names, deflate, time, sizes.
    var fields: [UInt8] = []
    for (value, byteCount) in [
      (20, 2), (0x0800, 2), (8, 2), (0, 2), (0x21, 2), (Int(checksum.value), 4),
      (packed.count, 4), (bytes.count, 4), (nameBytes.count, 2), (0, 2),
    ] {
      Self.append(value, byteCount, to: &fields)
    }
    var local: [UInt8] = []
    Self.append(0x0403_4B50, 4, to: &local)
    local += fields + nameBytes + packed
    Self.append(0x0201_4B50, 4, to: &state.directory)
    Self.append(0x0314, 2, to: &state.directory)
    state.directory += fields
    // No comment, one part, nothing about its content; readable by all.
    for (value, byteCount) in [(0, 2), (0, 2), (0, 2), (0o100644 << 16, 4), (state.offset, 4)] {
      Self.append(value, byteCount, to: &state.directory)
    }
    state.directory += nameBytes
    state.count += 1
    try await append(local)
  }

  /// Writes the directory; the file appears, whole.
  public func finish() async throws(ReferenceError) {
    let start = state.offset
    let byteCount = state.directory.count
    try await append(state.directory)
    var end: [UInt8] = []
    for (value, byteCount) in [
      (0x0605_4B50, 4), (0, 2), (0, 2), (state.count, 2), (state.count, 2), (byteCount, 4),
      (start, 4), (0, 2),
    ] {
      Self.append(value, byteCount, to: &end)
    }
    try await append(end)
    do { try await upload.finish() } catch { throw .storage(error) }
  }

  /// Leaves nothing behind.
  public func cancel() async { await upload.cancel() }

  private func append(_ bytes: [UInt8]) async throws(ReferenceError) {
    do { try await upload.append(bytes) } catch { throw .storage(error) }
    state.offset += bytes.count
  }

  private static func append(_ value: Int, _ byteCount: Int, to bytes: inout [UInt8]) {
    for byte in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) }
  }

  private static func deflated(
    _ bytes: [UInt8], location: String
  ) throws(ReferenceError) -> [UInt8] {
    var stream = z_stream()
    // Negative: no wrapper; 8: zlib's own default of memory.
    guard
      deflateInit2_(
        &stream, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size)) == Z_OK
    else { throw .damagedFile(location: location, reason: "no memory to compress it") }
    defer { deflateEnd(&stream) }
    let capacity = Int(deflateBound(&stream, UInt(bytes.count)))
    var status: Int32 = Z_OK
    let packed = bytes.withUnsafeBufferPointer { plain in
      [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
        // zlib doesn't write to its input, but has no const.
        stream.next_in = UnsafeMutablePointer(mutating: plain.baseAddress)
        stream.avail_in = UInt32(plain.count)
        stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(capacity)
        status = deflate(&stream, Z_FINISH)
        count = capacity - Int(stream.avail_out)
      }
    }
    guard status == Z_STREAM_END else {
      throw .damagedFile(location: location, reason: "it can't be compressed")
    }
    return packed
  }
}
