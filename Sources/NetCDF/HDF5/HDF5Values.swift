import CF
import CHDF5

/// What only libhdf5 can read: elements behind filters it knows, chunk indexes of newer kinds.
enum HDF5Values {
  /// Reads a region through the library.
  ///
  /// - Parameter region: Within `variable.shape`. Where it reaches past what is stored, fill.
  /// - Returns: Shape `region`, C order, native byte order.
  static func read(
    _ variable: Variable, _ region: [Range<Int>], from file: HDF5File
  ) throws(GranuleError.Reason) -> [UInt8] {
    guard let elementByteCount = variable.elementByteCount else {
      throw .unsupported("its type is \(variable.type)")
    }
    return try file.withID { id throws(GranuleError.Reason) in
      let dataset = try open(variable.name, in: id)
      try checkReadable(dataset.id)
      let stored = try HDF5Handle("H5Dget_type", close: H5Tclose) { H5Dget_type(dataset.id) }
      // Characters need no conversion.
      let type = HDF5Type.native(variable.type)?.id ?? stored.id
      guard H5Tget_size(type) == elementByteCount else {
        throw .damaged("the variable's type has changed")
      }
      let space = try HDF5Handle("H5Dget_space", close: H5Sclose) { H5Dget_space(dataset.id) }
      let rank = Int(H5Sget_simple_extent_ndims(space.id))
      guard rank == region.count || variable.dimensions == ["null"] else {
        throw .damaged("the variable's rank has changed")
      }
      let count = region.reduce(1) { $0 * $1.count }
      var bytes = [UInt8](repeating: 0, count: count * elementByteCount)
      guard count > 0 else { return bytes }
      guard rank > 0 else {
        try check("H5Dread") {
          H5Dread(dataset.id, type, hid_t(H5S_ALL), hid_t(H5S_ALL), shim_h5p_default(), &bytes)
        }
        return bytes
      }
      var extent = [hsize_t](repeating: 0, count: rank)
      try check("H5Sget_simple_extent_dims") {
        H5Sget_simple_extent_dims(space.id, &extent, nil)
      }
      let present = zip(region, extent).map { $0.clamped(to: 0..<Int(clamping: $1)) }
      if present != region { fill(&bytes, variable.layout.fillBits, elementByteCount) }
      guard !present.contains(where: \.isEmpty) else { return bytes }
      let starts = present.map { hsize_t($0.lowerBound) }
      let counts = present.map { hsize_t($0.count) }
      try check("H5Sselect_hyperslab") {
        H5Sselect_hyperslab(space.id, H5S_SELECT_SET, starts, nil, counts, nil)
      }
      let memory = try HDF5Handle("H5Screate_simple", close: H5Sclose) {
        H5Screate_simple(Int32(rank), region.map { hsize_t($0.count) }, nil)
      }
      let memoryStarts = zip(present, region).map { hsize_t($0.lowerBound - $1.lowerBound) }
      try check("H5Sselect_hyperslab") {
        H5Sselect_hyperslab(memory.id, H5S_SELECT_SET, memoryStarts, nil, counts, nil)
      }
      try check("H5Dread") {
        H5Dread(dataset.id, type, memory.id, space.id, shim_h5p_default(), &bytes)
      }
      return bytes
    }
  }

  /// Lists a dataset's chunks, whatever their index.
  ///
  /// - Complexity: O(*n*²) in the number of chunks, which is how libhdf5 1.10 does it.
  static func chunks(
    of variable: Variable, in file: HDF5File
  ) throws(GranuleError.Reason) -> [ChunkEntry] {
    try file.withID { id throws(GranuleError.Reason) in
      let dataset = try open(variable.name, in: id)
      let space = try HDF5Handle("H5Dget_space", close: H5Sclose) { H5Dget_space(dataset.id) }
      guard Int(H5Sget_simple_extent_ndims(space.id)) == variable.shape.count else {
        throw .damaged("the variable's rank has changed")
      }
      var entries: [ChunkEntry] = []
      var count: hsize_t = 0
      try check("H5Dget_num_chunks") { H5Dget_num_chunks(dataset.id, space.id, &count) }
      for position in 0..<count {
        var start = [hsize_t](repeating: 0, count: variable.shape.count)
        var mask: UInt32 = 0
        var address: haddr_t = 0
        var byteCount: hsize_t = 0
        try check("H5Dget_chunk_info") {
          H5Dget_chunk_info(
            dataset.id, space.id, position, &start, &mask, &address, &byteCount)
        }
        guard address != shim_haddr_undef() else { continue }
        guard let offset = Int(exactly: address), offset <= file.bytes.byteCount else {
          throw .damaged("a chunk at \(address)")
        }
        entries.append(
          ChunkEntry(
            start: start.map { Int(clamping: $0) }, offset: offset + file.base,
            byteCount: Int(clamping: byteCount), filterMask: mask))
      }
      return entries
    }
  }

  private static func open(
    _ name: String, in file: hid_t
  ) throws(GranuleError.Reason) -> HDF5Handle {
    do throws(GranuleError.Reason) {
      return try HDF5Handle("H5Dopen", close: H5Dclose) {
        H5Dopen2(file, name, shim_h5p_default())
      }
    } catch {
      var path = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      path.append(HDF5Header.nonCoordinatePrefix + path.removeLast())
      let prefixed = path.joined(separator: "/")
      return try HDF5Handle("H5Dopen", close: H5Dclose) {
        H5Dopen2(file, prefixed, shim_h5p_default())
      }
    }
  }

  /// - Throws: ``GranuleError/Reason/unsupported(_:)`` if the library lacks a filter, or would
  ///   open other files.
  private static func checkReadable(_ dataset: hid_t) throws(GranuleError.Reason) {
    let creation = try HDF5Handle("H5Dget_create_plist", close: H5Pclose) {
      H5Dget_create_plist(dataset)
    }
    guard H5Pget_layout(creation.id) != H5D_VIRTUAL, H5Pget_external_count(creation.id) <= 0
    else { throw .unsupported("its values are in other files") }
    for filter in try HDF5Dataset.filters(creation.id, elementByteCount: 1) {
      guard case .other(let id, let name) = filter else { continue }
      guard H5Zfilter_avail(H5Z_filter_t(id)) > 0 else {
        H5Eclear2(shim_h5e_default())
        throw .unsupported(
          "it is compressed by \(name) (HDF5 filter \(id)), which isn't installed; "
            + "set HDF5_PLUGIN_PATH to a folder that has the plugin")
      }
    }
  }

  private static func fill(_ bytes: inout [UInt8], _ bits: UInt64, _ elementByteCount: Int) {
    for index in bytes.indices {
      bytes[index] = UInt8(truncatingIfNeeded: bits >> (8 * UInt64(index % elementByteCount)))
    }
  }
}
