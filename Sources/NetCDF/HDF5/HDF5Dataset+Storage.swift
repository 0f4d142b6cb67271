import CHDF5

extension HDF5Dataset {
  /// Finds out whether we can read the bytes ourselves, and where they are.
  static func storage(
    _ dataset: hid_t, _ creation: hid_t, type: VariableType, extent: [Int]?, filters: [Filter],
    elementByteCount: Int, address: UInt64, file: HDF5File
  ) throws(GranuleError.Reason) -> Storage {
    if case .unsupported(let name) = type { return .library(reason: name, chunkShape: nil) }
    guard let extent else { return .unallocated }
    let layout = H5Pget_layout(creation)
    switch layout {
    case H5D_CHUNKED:
      return try chunked(
        creation, extent: extent, filters: filters, elementByteCount: elementByteCount,
        address: address, file: file)
    case H5D_CONTIGUOUS:
      guard H5Pget_external_count(creation) == 0 else {
        return .library(reason: "its bytes are in another file", chunkShape: nil)
      }
      let offset = H5Dget_offset(dataset)
      guard offset != shim_haddr_undef() else {
        H5Eclear2(shim_h5e_default())
        return .unallocated
      }
      let byteCount = extent.reduce(elementByteCount) { $0 &* $1 }
      guard let offset = Int(exactly: offset), byteCount <= H5Dget_storage_size(dataset),
        file.bytes.contains(offset, byteCount)
      else { throw .damaged("a variable's \(byteCount) bytes lie past the file's end") }
      return .contiguous(offset: offset, byteCount: byteCount)
    case H5D_COMPACT: return .library(reason: "stored in the header", chunkShape: nil)
    case H5D_VIRTUAL: return .library(reason: "its bytes are in other files", chunkShape: nil)
    default: throw .damaged("a storage layout of unknown class")
    }
  }

  private static func chunked(
    _ creation: hid_t, extent: [Int], filters: [Filter], elementByteCount: Int, address: UInt64,
    file: HDF5File
  ) throws(GranuleError.Reason) -> Storage {
    var lengths = [hsize_t](repeating: 0, count: extent.count)
    let rank = try check("H5Pget_chunk") {
      H5Pget_chunk(creation, Int32(extent.count), &lengths)
    }
    guard rank == Int32(extent.count), lengths.allSatisfy({ $0 > 0 && $0 <= UInt32.max }) else {
      throw .damaged("a chunk shape of \(lengths)")
    }
    let shape = lengths.map(Int.init)
    var byteCount = elementByteCount
    for length in shape {
      // Source: H5Pset_chunk, "less than 4 GiB".
      guard byteCount <= Int(UInt32.max) / length else { throw .damaged("chunks of \(shape)") }
      byteCount *= length
    }
    for filter in filters {
      if case .other(let id, let name) = filter {
        return .library(reason: "filter \(name) (\(id))", chunkShape: shape)
      }
    }
    let deflateCount = filters.count { if case .deflate = $0 { true } else { false } }
    guard deflateCount <= 1 else { return .library(reason: "deflated twice", chunkShape: shape) }
    var options: UInt32 = 0
    try check("H5Pget_chunk_opts") { H5Pget_chunk_opts(creation, &options) }
    guard options == 0 else {
      return .library(reason: "unfiltered partial chunks", chunkShape: shape)
    }
    guard let tree = try ObjectHeader.chunkTree(at: address, in: file) else {
      return .chunked(shape: shape, index: .library)
    }
    guard tree.chunkShape == shape, tree.elementByteCount == elementByteCount else {
      throw .damaged("chunks of \(tree.chunkShape) and of \(shape) at once")
    }
    guard let root = tree.root else { return .unallocated }
    return .chunked(
      shape: shape,
      index: .tree(offset: root, addressSize: file.addressSize, base: file.base))
  }
}
