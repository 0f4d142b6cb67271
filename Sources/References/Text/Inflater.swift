internal import CZlib
internal import CZstd

/// How the bytes of a set are packed in its file.
enum TextCompression {
  case none
  /// Deflate without a wrapper, as zip files have it.
  case deflate
  case gzip
  case zstd

  /// Recognises what a file begins with.
  init(start: [UInt8]) {
    if start.starts(with: [0x1F, 0x8B]) {
      self = .gzip
    } else if start.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
      self = .zstd
    } else {
      self = .none
    }
  }
}

/// Unpacks bytes that come in blocks, a block of at most 1 MiB at a time.
///
/// Not for two threads at once.
final class Inflater {
  private static let blockByteCount = 1 << 20

  private let location: String
  private var stream = z_stream()
  private var zstd: OpaquePointer?
  private let compression: TextCompression
  private(set) var isFinished = false

  init(_ compression: TextCompression, location: String) throws(ReferenceError) {
    self.compression = compression
    self.location = location
    switch compression {
    case .none: break
    case .deflate, .gzip:
      // Negative: no wrapper. 16 more: gzip's.
      let status = inflateInit2_(
        &stream, compression == .gzip ? 15 + 16 : -15, ZLIB_VERSION,
        Int32(MemoryLayout<z_stream>.size))
      guard status == Z_OK else { throw error("no memory to decompress it") }
    case .zstd:
      zstd = ZSTD_createDStream()
      guard zstd != nil else { throw error("no memory to decompress it") }
    }
  }

  deinit {
    if compression == .deflate || compression == .gzip { inflateEnd(&stream) }
    ZSTD_freeDStream(zstd)
  }

  private func error(_ reason: String) -> ReferenceError {
    .damagedFile(location: location, reason: reason)
  }

  /// Unpacks the next bytes and hands over what comes out.
  func feed(
    _ block: [UInt8], _ body: ([UInt8]) throws(ReferenceError) -> Void
  ) throws(ReferenceError) {
    switch compression {
    case .none: try body(block)
    case .deflate, .gzip: try inflate(block, body)
    case .zstd: try unzstd(block, body)
    }
  }

  /// - Throws: if the packed bytes ended too early.
  func finish() throws(ReferenceError) {
    if case .none = compression { return }
    guard isFinished else { throw error("it ends in the middle of its compressed data") }
  }

  private func inflate(
    _ block: [UInt8], _ body: ([UInt8]) throws(ReferenceError) -> Void
  ) throws(ReferenceError) {
    var consumed = 0
    var outputIsFull = false
    while consumed < block.count || outputIsFull {
      if isFinished {
        // A gzip file may have several members; anything may follow in a zip.
        guard compression == .gzip else { return }
        guard inflateReset(&stream) == Z_OK else { throw error("it can't be decompressed") }
        isFinished = false
      }
      var status: Int32 = Z_OK
      let output = block.withUnsafeBufferPointer { input in
        [UInt8](unsafeUninitializedCapacity: Self.blockByteCount) { buffer, count in
          // zlib doesn't write to its input, but has no const.
          stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.advanced(by: consumed))
          stream.avail_in = UInt32(input.count - consumed)
          stream.next_out = buffer.baseAddress
          stream.avail_out = UInt32(Self.blockByteCount)
          status = CZlib.inflate(&stream, Z_NO_FLUSH)
          consumed = input.count - Int(stream.avail_in)
          count = Self.blockByteCount - Int(stream.avail_out)
        }
      }
      guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
        throw error("its compressed data is damaged")
      }
      isFinished = status == Z_STREAM_END
      outputIsFull = output.count == Self.blockByteCount && !isFinished
      if !output.isEmpty { try body(output) }
    }
  }

  private func unzstd(
    _ block: [UInt8], _ body: ([UInt8]) throws(ReferenceError) -> Void
  ) throws(ReferenceError) {
    var consumed = 0
    var outputIsFull = false
    while consumed < block.count || outputIsFull {
      var status = 0
      let output = block.withUnsafeBufferPointer { input in
        [UInt8](unsafeUninitializedCapacity: Self.blockByteCount) { buffer, count in
          var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: consumed)
          var target = ZSTD_outBuffer(dst: buffer.baseAddress, size: Self.blockByteCount, pos: 0)
          status = ZSTD_decompressStream(zstd, &target, &source)
          consumed = source.pos
          count = target.pos
        }
      }
      guard ZSTD_isError(status) == 0 else { throw error("its compressed data is damaged") }
      isFinished = status == 0
      outputIsFull = output.count == Self.blockByteCount && !isFinished
      if !output.isEmpty { try body(output) }
    }
  }
}
