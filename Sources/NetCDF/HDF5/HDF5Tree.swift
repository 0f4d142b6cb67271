import CF
import CHDF5

/// All groups and datasets of a file, in the order NetCDF-4 gives them: by creation where the
/// file has kept it, else by name.
///
/// Only hard links are followed; soft ones lead to what has a name already, external ones out of
/// the file.
struct HDF5Tree {
  private(set) var attributes: [Attribute] = []
  private(set) var datasets: [HDF5Dataset] = []
  private var visited: Set<UInt64> = []
  private let file: HDF5File

  private static let depthLimit = 32
  private static let objectLimit = 100_000

  init(_ file: HDF5File) throws(GranuleError.Reason) {
    self.file = file
    try file.withID { id throws(GranuleError.Reason) in
      let root = try HDF5Handle("H5Gopen", close: H5Gclose) {
        H5Gopen2(id, "/", shim_h5p_default())
      }
      attributes = try HDF5Attributes(of: root.id).visible
      visited.insert(try Self.info(root.id).addr)
      try visit(root.id, path: "", depth: 0)
    }
  }

  private mutating func visit(
    _ group: hid_t, path: String, depth: Int
  ) throws(GranuleError.Reason) {
    guard depth < Self.depthLimit else { throw .damaged("groups within groups without end") }
    for name in try Self.links(of: group) {
      let object = try HDF5Handle("H5Oopen", close: H5Oclose) {
        H5Oopen(group, name, shim_h5p_default())
      }
      let info = try Self.info(object.id)
      // A second hard link to the same object would show it twice, or forever.
      guard visited.insert(info.addr).inserted else { continue }
      guard visited.count < Self.objectLimit else { throw .unsupported("too many variables") }
      switch info.type {
      case H5O_TYPE_GROUP:
        try visit(object.id, path: path + name + "/", depth: depth + 1)
      case H5O_TYPE_DATASET:
        datasets.append(
          try HDF5Dataset(object.id, group: path, name: name, address: info.addr, file: file))
      default: break
      }
    }
  }

  static func info(_ object: hid_t) throws(GranuleError.Reason) -> (addr: UInt64, type: H5O_type_t)
  {
    var info = H5O_info_t()
    try check("H5Oget_info") { H5Oget_info2(object, &info, UInt32(H5O_INFO_BASIC)) }
    return (UInt64(info.addr), info.type)
  }

  private static func links(of group: hid_t) throws(GranuleError.Reason) -> [String] {
    let creation = try HDF5Handle("H5Gget_create_plist", close: H5Pclose) {
      H5Gget_create_plist(group)
    }
    var order: UInt32 = 0
    try check("H5Pget_link_creation_order") { H5Pget_link_creation_order(creation.id, &order) }
    let isTracked = order & UInt32(H5P_CRT_ORDER_TRACKED) != 0
    let names = Names()
    var index: hsize_t = 0
    try check("H5Literate") {
      H5Literate(
        group, isTracked ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME, H5_ITER_INC, &index,
        { _, name, info, context in
          guard let name, let info, let context else { return -1 }
          if info.pointee.type == H5L_TYPE_HARD {
            Unmanaged<Names>.fromOpaque(context).takeUnretainedValue().list
              .append(String(cString: name))
          }
          return 0
        }, Unmanaged.passUnretained(names).toOpaque())
    }
    return names.list
  }

  private final class Names {
    var list: [String] = []
  }
}
