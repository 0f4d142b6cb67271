import CHDF5
import Glibc

/// An HDF5 file opened by libhdf5 over ``GranuleBytes``: the library sees no path, so it can
/// follow no link out of the file.
final class HDF5File {
  let bytes: any GranuleBytes
  /// The offset of the superblock, which is added to all addresses in the file.
  let base: Int
  /// Bytes per address.
  let addressSize: Int
  /// What the byte source reported to the library, which only passes on that something failed.
  fileprivate(set) var readFailure: GranuleError.Reason?
  private var fileID: hid_t = -1

  /// - Throws: ``GranuleError/Reason/notNetCDF(_:)`` if there is no superblock.
  init(_ bytes: any GranuleBytes) throws(GranuleError.Reason) {
    self.bytes = bytes
    (base, addressSize) = try Self.findSuperblock(bytes)
    silenceHDF5()
    do throws(GranuleError.Reason) {
      fileID = try openFile()
    } catch {
      throw readFailure ?? error
    }
  }

  deinit {
    if fileID >= 0 { H5Fclose(fileID) }
  }

  /// Runs `body` with the file's identifier. A failure to read bytes takes precedence over what
  /// the library made of it.
  func withID<Result>(
    _ body: (hid_t) throws(GranuleError.Reason) -> Result
  ) throws(GranuleError.Reason) -> Result {
    readFailure = nil
    do throws(GranuleError.Reason) {
      return try body(fileID)
    } catch {
      throw readFailure ?? error
    }
  }

  private func openFile() throws(GranuleError.Reason) -> hid_t {
    let driver = try check("H5FDregister") { GranuleDriver.id }
    let access = try HDF5Handle("H5Pcreate", close: H5Pclose) { H5Pcreate(shim_h5p_file_access()) }
    var me = Unmanaged.passUnretained(self).toOpaque()
    try check("H5Pset_driver") { H5Pset_driver(access.id, driver, &me) }
    try check("H5Pset_fclose_degree") { H5Pset_fclose_degree(access.id, H5F_CLOSE_STRONG) }
    return try check("H5Fopen") { H5Fopen("granule", shim_h5f_acc_rdonly(), access.id) }
  }

  /// Looks for the signature at 0, 512, 1024, 2048, …
  ///
  /// Source: HDF5 File Format Specification, II.A.
  private static func findSuperblock(
    _ bytes: any GranuleBytes
  ) throws(GranuleError.Reason) -> (base: Int, addressSize: Int) {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]
    var offset = 0
    while offset + 16 <= bytes.byteCount {
      let head = try bytes.read(offset, count: 16)
      if head.starts(with: signature) {
        let addressSize = head[8] <= 1 ? head[13] : head[9]
        guard [2, 4, 8].contains(addressSize) else {
          throw .damaged("the superblock gives addresses of \(addressSize) bytes")
        }
        return (offset, Int(addressSize))
      }
      offset = offset == 0 ? 512 : offset * 2
    }
    throw .notNetCDF("no HDF5 superblock")
  }
}

/// libhdf5's view of ``HDF5File/bytes``: a virtual file driver that can only read.
private enum GranuleDriver {
  /// The registered driver; negative if the library refused it.
  static let id: hid_t = {
    var driver = H5FD_class_t()
    driver.name = UnsafePointer(strdup("granule"))
    driver.maxaddr = haddr_t(Int.max)
    driver.fc_degree = H5F_CLOSE_STRONG
    driver.fapl_size = MemoryLayout<UnsafeRawPointer>.size
    driver.open = { _, flags, access, _ in
      guard flags == 0, let info = H5Pget_driver_info(access),
        let memory = calloc(1, MemoryLayout<OpenFile>.size)
      else { return nil }
      let open = memory.assumingMemoryBound(to: OpenFile.self)
      open.pointee.file = info.load(as: UnsafeRawPointer.self)
      return memory.assumingMemoryBound(to: H5FD_t.self)
    }
    driver.close = { file in
      free(file)
      return 0
    }
    driver.query = { _, flags in
      flags?.pointee = 0
      return 0
    }
    driver.get_eoa = { file, _ in
      GranuleDriver.open(file)?.pointee.endOfAllocation ?? shim_haddr_undef()
    }
    driver.set_eoa = { file, _, address in
      guard let open = GranuleDriver.open(UnsafePointer(file)) else { return -1 }
      open.pointee.endOfAllocation = address
      return 0
    }
    driver.get_eof = { file, _ in
      GranuleDriver.source(file).map { haddr_t($0.bytes.byteCount) } ?? shim_haddr_undef()
    }
    driver.read = { file, _, _, address, size, buffer in
      guard let source = GranuleDriver.source(UnsafePointer(file)) else { return -1 }
      return GranuleDriver.read(source, address, size, buffer)
    }
    // The library insists on one.
    driver.write = { _, _, _, _, _, _ in -1 }
    return H5FDregister(&driver)
  }()

  /// What the library knows as `H5FD_t`: its own part first.
  struct OpenFile {
    var library: H5FD_t
    var endOfAllocation: haddr_t
    var file: UnsafeRawPointer?
  }

  static func open(_ file: UnsafePointer<H5FD_t>?) -> UnsafeMutablePointer<OpenFile>? {
    UnsafeMutableRawPointer(mutating: file)?.assumingMemoryBound(to: OpenFile.self)
  }

  static func source(_ file: UnsafePointer<H5FD_t>?) -> HDF5File? {
    open(file)?.pointee.file.map {
      Unmanaged<HDF5File>.fromOpaque($0).takeUnretainedValue()
    }
  }

  static func read(
    _ file: HDF5File, _ address: haddr_t, _ size: Int, _ buffer: UnsafeMutableRawPointer?
  ) -> herr_t {
    guard size > 0 else { return 0 }
    do throws(GranuleError.Reason) {
      guard let offset = Int(exactly: address) else {
        throw .damaged("an address of \(address)")
      }
      try file.bytes.read(
        at: offset, into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
      return 0
    } catch {
      if file.readFailure == nil { file.readFailure = error }
      return -1
    }
  }
}
