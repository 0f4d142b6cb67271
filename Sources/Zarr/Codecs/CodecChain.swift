/// How the elements of one chunk become stored bytes, for going back.
public struct CodecChain: Sendable {
  let chunkShape: [Int]
  /// Bytes of a decoded chunk.
  public let chunkByteCount: Int
  let elementSize: Int
  /// The dimension of the chunk that comes first in storage, second, …; `nil` for C order.
  let transposition: [Int]?
  public let byteOrder: ByteOrder
  /// From elements to stored bytes.
  public let codecs: [any BytesCodec]
  /// Before each codec, and after the last one.
  private let sizes: [EncodedSize]

  init(
    chunkShape: [Int], chunkByteCount: Int, elementSize: Int, transposition: [Int]?,
    byteOrder: ByteOrder, codecs: [any BytesCodec]
  ) {
    self.chunkShape = chunkShape
    self.chunkByteCount = chunkByteCount
    self.elementSize = elementSize
    self.transposition =
      transposition == Array(chunkShape.indices) ? nil : transposition
    self.byteOrder = byteOrder
    self.codecs = codecs
    var sizes: [EncodedSize] = [.exactly(chunkByteCount)]
    for codec in codecs {
      switch sizes[sizes.count - 1] {
      case .exactly(let count): sizes.append(codec.encodedSize(of: count))
      case .atMost(let count): sizes.append(.atMost(codec.encodedSize(of: count).limit))
      }
    }
    self.sizes = sizes
  }

  /// The most bytes that an encoded chunk may have.
  public var maximumEncodedByteCount: Int { sizes[sizes.count - 1].limit }

  /// Decodes one chunk.
  ///
  /// - Returns: Exactly ``chunkByteCount`` bytes, in C order, little-endian.
  public func decode(_ bytes: UnsafeRawBufferPointer) throws(CodecError) -> [UInt8] {
    var decoded: [UInt8]?
    var part = 0..<bytes.count
    for (codec, size) in zip(codecs, sizes).reversed() {
      let result: DecodedBytes
      if let decoded {
        result = try decoded.withUnsafeBufferPointer { (buffer) throws(CodecError) in
          try codec.decode(
            UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[part]),
            limit: size.limit)
        }
      } else {
        result = try codec.decode(
          UnsafeRawBufferPointer(rebasing: bytes[part]), limit: size.limit)
      }
      switch result {
      case .bytes(let bytes):
        decoded = bytes
        part = 0..<bytes.count
      case .part(let range):
        part = part.lowerBound + range.lowerBound..<part.lowerBound + range.upperBound
      }
      try check(part.count, size, type(of: codec).name)
    }
    try check(part.count, sizes[0], "bytes")
    var plain: [UInt8]
    if let decoded {
      plain = part.count == decoded.count ? decoded : Array(decoded[part])
    } else {
      // Rebased: a slice would be copied byte by byte.
      plain = Array(UnsafeRawBufferPointer(rebasing: bytes[part]))
    }
    if byteOrder == .big { swapBytes(&plain) }
    return transposition.map { untransposed(plain, $0) } ?? plain
  }

  private func check(
    _ byteCount: Int, _ size: EncodedSize, _ codec: String
  ) throws(CodecError) {
    switch size {
    case .exactly(let expected) where byteCount != expected:
      throw .sizeMismatch(codec: codec, claimed: byteCount, expected: expected)
    case .atMost(let limit) where byteCount > limit:
      throw .sizeMismatch(codec: codec, claimed: byteCount, expected: limit)
    default: break
    }
  }

  private func swapBytes(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { buffer in
      func swap<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type) {
        for offset in stride(from: 0, to: buffer.count, by: MemoryLayout<Word>.size) {
          let word = buffer.loadUnaligned(fromByteOffset: offset, as: type)
          buffer.storeBytes(of: word.byteSwapped, toByteOffset: offset, as: type)
        }
      }
      switch elementSize {
      case 2: swap(UInt16.self)
      case 4: swap(UInt32.self)
      case 8: swap(UInt64.self)
      default: break
      }
    }
  }

  /// Elements in C order of the chunk, from C order of its dimensions as `order` has them.
  private func untransposed(_ stored: [UInt8], _ order: [Int]) -> [UInt8] {
    var strides = [Int](repeating: 0, count: order.count)
    var product = elementSize
    for axis in order.reversed() {
      strides[axis] = product
      product *= chunkShape[axis]
    }
    var plain = stored
    var position = [Int](repeating: 0, count: order.count)
    var source = 0
    for target in stride(from: 0, to: plain.count, by: elementSize) {
      for byte in 0..<elementSize { plain[target + byte] = stored[source + byte] }
      var axis = order.count - 1
      while axis >= 0 {
        position[axis] += 1
        source += strides[axis]
        if position[axis] < chunkShape[axis] { break }
        source -= position[axis] * strides[axis]
        position[axis] = 0
        axis -= 1
      }
    }
    return plain
  }
}

extension MetadataDocument {
  /// The codec of a name in Zarr v3 metadata, or of an id in v2; numcodecs' own names in v3 too.
  func bytesCodec(
    _ name: String, _ configuration: JSONObject
  ) throws(ZarrError) -> any BytesCodec {
    let prefix = "numcodecs."
    switch name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name {
    case Blosc.name: return Blosc()
    case Zstd.name: return Zstd()
    case GZip.name: return GZip()
    case ZLib.name: return ZLib()
    case CRC32CCodec.name: return CRC32CCodec()
    case Fletcher32.name: return Fletcher32()
    case Shuffle.name:
      let size = configuration["elementsize"] ?? 4
      guard let size = size.int, (1...255).contains(size) else {
        throw bad("elementsize", "of the shuffle filter isn't 1 to 255")
      }
      return Shuffle(elementSize: size)
    default: throw unsupported("codec \(name)")
    }
  }
}
