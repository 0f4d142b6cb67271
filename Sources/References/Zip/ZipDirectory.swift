internal import Storage

/// The list of files in a zip file.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10, 4.3; with the 64-bit extension.
enum ZipDirectory {
  private static let endByteCount = 22
  /// A comment may follow the end record.
  private static let searchByteCount = 22 + 65_535 + 20
  static let byteLimit = 1 << 28

  /// Reads the directory.
  ///
  /// - Returns: The members that are files, in the order of the archive.
  /// - Throws: ``ReferenceError/damagedFile(location:reason:)`` for what isn't a zip file, is cut
  ///   off, encrypted, in several parts, or compressed otherwise than by deflate.
  static func members(
    of key: StoreKey, in store: any ByteStore
  ) async throws(ReferenceError) -> [ZipMember] {
    let location = ReferenceSource(store: store, key: key).location
    func damaged(_ reason: String) -> ReferenceError {
      .damagedFile(location: location, reason: reason)
    }
    func read(_ range: ByteRange) async throws(ReferenceError) -> [UInt8] {
      let bytes: [UInt8]?
      do { bytes = try await store.read(key, range) } catch { throw .storage(error) }
      guard let bytes else { throw .absent(location: location) }
      return bytes
    }
    let info: ObjectInfo?
    do { info = try await store.info(key) } catch { throw .storage(error) }
    guard let info else { throw .absent(location: location) }
    let tail = try await read(.suffix(searchByteCount))
    guard tail.count >= endByteCount,
      let end = (0...tail.count - endByteCount).reversed().first(where: {
        tail[$0] == 0x50 && tail[$0 + 1] == 0x4B && tail[$0 + 2] == 5 && tail[$0 + 3] == 6
          && $0 + endByteCount + ZipFields(tail[$0...]).number(20, 2) == tail.count
      })
    else { throw damaged("it is no zip file, or its end is missing") }
    let record = ZipFields(tail[end...])
    guard record.number(4, 2) == 0, record.number(6, 2) == 0 else {
      throw damaged("it is one of several parts of a zip file")
    }
    var count = record.number(10, 2)
    var byteCount = record.number(12, 4)
    var offset = record.number(16, 4)
    if end >= 20, ZipFields(tail[(end - 20)...]).number(0, 4) == 0x0706_4B50 {
      let place = ZipFields(tail[(end - 20)...]).number(8, 8)
      guard place <= info.byteCount - 56 else { throw damaged("its end is damaged") }
      let wide = ZipFields(try await read(.bounds(place..<place + 56)))
      guard wide.number(0, 4) == 0x0606_4B50 else { throw damaged("its end is damaged") }
      count = wide.number(32, 8)
      byteCount = wide.number(40, 8)
      offset = wide.number(48, 8)
    }
    guard byteCount <= byteLimit, offset <= info.byteCount - byteCount, count <= byteCount / 46
    else { throw damaged("its directory doesn't lie in it") }
    let directory = try await read(.bounds(offset..<offset + byteCount))
    var members: [ZipMember] = []
    var position = 0
    for _ in 0..<count {
      guard let (member, next) = try Self.member(directory, position, location) else { break }
      guard member.headerOffset <= info.byteCount - 30,
        member.packedByteCount <= info.byteCount - 30 - member.headerOffset
      else { throw damaged("the member \(member.name) doesn't lie in it") }
      if !member.name.hasSuffix("/") { members.append(member) }
      position = next
    }
    return members
  }

  /// - Returns: A member and where the next one begins.
  private static func member(
    _ directory: [UInt8], _ position: Int, _ location: String
  ) throws(ReferenceError) -> (ZipMember, Int)? {
    func damaged(_ reason: String) -> ReferenceError {
      .damagedFile(location: location, reason: reason)
    }
    guard position + 46 <= directory.count else { throw damaged("its directory is cut off") }
    let entry = ZipFields(directory[position...])
    let nameEnd = position + 46 + entry.number(28, 2)
    let extraEnd = nameEnd + entry.number(30, 2)
    let next = extraEnd + entry.number(32, 2)
    guard entry.number(0, 4) == 0x0201_4B50, next <= directory.count else {
      throw damaged("its directory is damaged")
    }
    let name = String(decoding: directory[position + 46..<nameEnd], as: UTF8.self)
    guard entry.number(8, 2) & 1 == 0 else { throw damaged("the member \(name) is encrypted") }
    let compression: TextCompression
    switch entry.number(10, 2) {
    case 0: compression = .none
    case 8: compression = .deflate
    case 93: compression = .zstd
    case let method:
      throw damaged("the member \(name) is compressed by method \(method); 0, 8 and 93 can be read")
    }
    // Numbers that don't fit are in the 64-bit extra field, in this order.
    var numbers = [entry.number(24, 4), entry.number(20, 4), entry.number(42, 4)]
    var extra = nameEnd
    while extra + 4 <= extraEnd {
      let field = ZipFields(directory[extra...])
      let end = extra + 4 + field.number(2, 2)
      guard end <= extraEnd else { throw damaged("its directory is damaged") }
      if field.number(0, 2) == 1 {
        var start = extra + 4
        for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
          guard start + 8 <= end else { throw damaged("its directory is damaged") }
          numbers[index] = ZipFields(directory[start...]).number(0, 8)
          start += 8
        }
      }
      extra = end
    }
    return (
      ZipMember(
        name: name, checksum: UInt32(truncatingIfNeeded: entry.number(16, 4)),
        compression: compression, packedByteCount: numbers[1], byteCount: numbers[0],
        headerOffset: numbers[2]), next
    )
  }
}
