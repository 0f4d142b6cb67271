/// How and where the elements of a variable are stored.
public struct StoredLayout: Hashable, Sendable, Codable {
  /// The elements stored (or best read) together: the chunk shape in HDF5; for other storage a
  /// run of whole rows of at most 4 MiB. Entries are at least 1.
  public let tileShape: [Int]
  public let isBigEndian: Bool
  /// In the order they were applied in writing.
  public let filters: [Filter]
  /// What space that was never written reads as, in the low bytes: HDF5's fill value, or the
  /// default of the NetCDF type.
  public let fillBits: UInt64
  public let place: Place

  public init(
    tileShape: [Int], isBigEndian: Bool, filters: [Filter], fillBits: UInt64, place: Place
  ) {
    self.tileShape = tileShape
    self.isBigEndian = isBigEndian
    self.filters = filters
    self.fillBits = fillBits
    self.place = place
  }
}

/// One step of HDF5's filter pipeline.
public enum Filter: Hashable, Sendable, Codable {
  /// Groups the bytes of elements by significance; the size is in bytes, at least 1.
  case shuffle(elementSize: Int)
  /// zlib's format.
  case deflate(level: Int)
  /// Appends a 4-byte checksum.
  case fletcher32
  /// A filter that only the library can undo, if it has it.
  case other(id: Int, name: String)
}

/// Where a variable's bytes are. Offsets are bytes from the start of the file.
public enum Place: Hashable, Sendable, Codable {
  /// One chunk per tile, found through an index.
  case chunks(ChunkIndexPlace)
  /// All elements, in C order, unfiltered.
  case contiguous(offset: Int, byteCount: Int)
  /// NetCDF-3 records: record *i* has `recordByteCount` bytes at `offset + i * stride`.
  case records(offset: Int, stride: Int, recordByteCount: Int)
  /// Never written: all fill.
  case unallocated
  /// Only the library can read it, for this reason. Its tiles come decoded.
  case library(reason: String)
}

public enum ChunkIndexPlace: Hashable, Sendable, Codable {
  /// The root of a version 1 B-tree, with the size of addresses in the file and the number that
  /// is added to them (the size of a user block).
  case tree(offset: Int, addressSize: Int, base: Int)
  /// Another kind of index; libhdf5 lists it.
  case library
}
