/// What goes between the command and its parser processes, each message after its length in four
/// bytes, little-endian.
enum Message {
  /// To the parser: a request, the granule's size, and its path or its first block.
  case request(GranuleRequest, byteCount: Int, origin: Origin)
  /// To the parser: bytes it asked for.
  case bytes([UInt8])
  /// To the parser: those bytes can't be had.
  case noBytes
  /// To the command: bytes of the granule, please.
  case needBytes(Range<Int>)
  case answer([UInt8])
  case failure(GranuleError.Reason)
  /// The answer to ``noBytes``; the command knows why.
  case failureOfBytes

  enum Origin: Sendable {
    case path(String)
    case head([UInt8])
  }

  /// More than any answer.
  static let byteLimit = GranuleRequest.answerByteLimit + (1 << 20)

  /// The message without its length.
  var encoded: [UInt8] {
    var writer = WireWriter()
    switch self {
    case .request(let request, let byteCount, let origin):
      writer.put(0)
      request.write(to: &writer)
      writer.put(byteCount)
      switch origin {
      case .path(let path):
        writer.put(true)
        writer.put(path)
      case .head(let head):
        writer.put(false)
        writer.put(raw: head)
      }
    case .bytes(let bytes):
      writer.put(1)
      writer.put(raw: bytes)
    case .noBytes: writer.put(2)
    case .needBytes(let range):
      writer.put(3)
      writer.put(range.lowerBound)
      writer.put(range.upperBound)
    case .answer(let bytes):
      writer.put(4)
      writer.put(raw: bytes)
    case .failure(let reason):
      writer.put(5)
      writer.put(reason)
    case .failureOfBytes: writer.put(6)
    }
    return writer.bytes
  }

  init(_ bytes: [UInt8]) throws(WireReader.Malformed) {
    var reader = WireReader(bytes[...])
    switch try reader.integer() {
    case 0:
      let request = try GranuleRequest(&reader)
      let byteCount = try reader.integer()
      let origin: Origin =
        try reader.flag() ? .path(try reader.text()) : .head(Array(try reader.raw()))
      self = .request(request, byteCount: byteCount, origin: origin)
    case 1: self = .bytes(Array(try reader.raw()))
    case 2: self = .noBytes
    case 3:
      let (start, end) = (try reader.integer(), try reader.integer())
      guard start >= 0, start <= end else { throw WireReader.Malformed() }
      self = .needBytes(start..<end)
    case 4: self = .answer(Array(try reader.raw()))
    case 5: self = .failure(try reader.reason())
    case 6: self = .failureOfBytes
    default: throw WireReader.Malformed()
    }
  }
}

extension WireWriter {
  fileprivate mutating func put(_ reason: GranuleError.Reason) {
    switch reason {
    case .notNetCDF(let text):
      put(0)
      put(text)
    case .damaged(let text):
      put(1)
      put(text)
    case .unsupported(let text):
      put(2)
      put(text)
    case .absent: put(3)
    case .noParser(let text):
      put(4)
      put(text)
    case .crashed, .timedOut, .storage:
      put(4)
      put("\(reason)")
    }
  }
}

extension WireReader {
  fileprivate mutating func reason() throws(Malformed) -> GranuleError.Reason {
    switch try integer() {
    case 0: .notNetCDF(try text())
    case 1: .damaged(try text())
    case 2: .unsupported(try text())
    case 3: .absent
    case 4: .noParser(try text())
    default: throw Malformed()
    }
  }
}
