import CF

/// Gives the datasets of an HDF5 file NetCDF's dimensions and makes variables of them.
///
/// Source: NetCDF-4's use of HDF5, "Appendix: NetCDF-4 Format"; for files without dimension
/// scales, `phony_dim_N` as libnetcdf names them.
struct HDF5Header {
  private struct Axis {
    var name: String
    var length: Int
    var isUnlimited: Bool
    /// The group it is visible from, as ``HDF5Dataset/group``.
    var group: String
    var order: Int
  }

  private static let dimensionOnly = "This is a netCDF dimension but not a netCDF variable"
  /// What libnetcdf puts before the name of a variable called like a dimension it doesn't label.
  static let nonCoordinatePrefix = "_nc4_non_coord_"

  private let tree: HDF5Tree
  private var axes: [Axis] = []
  private var axisOfAddress: [UInt64: Int] = [:]
  private var axisOfID: [Int: Int] = [:]

  static func read(_ file: HDF5File, name: String) throws(GranuleError.Reason) -> Granule {
    var header = try HDF5Header(tree: HDF5Tree(file))
    return try header.granule(name: name, byteCount: file.bytes.byteCount)
  }

  private init(tree: HDF5Tree) throws(GranuleError.Reason) {
    self.tree = tree
    for dataset in tree.datasets where dataset.attributes.isScale {
      guard let length = dataset.extent?.first else { continue }
      let index = axes.count
      axes.append(
        Axis(
          name: dataset.group + dataset.name, length: length,
          isUnlimited: dataset.isUnlimited[0], group: dataset.group,
          order: dataset.attributes.dimensionID ?? index))
      axisOfAddress[dataset.address] = index
      if let id = dataset.attributes.dimensionID { axisOfID[id] = index }
    }
  }

  private mutating func granule(
    name: String, byteCount: Int
  ) throws(GranuleError.Reason) -> Granule {
    let datasets = tree.datasets.filter {
      !($0.attributes.scaleName?.hasPrefix(Self.dimensionOnly) ?? false)
    }
    var axesOfDataset: [[Int]] = []
    for dataset in datasets { axesOfDataset.append(try axes(of: dataset)) }
    lengthenUnlimited(datasets, axesOfDataset)
    var variables: [Variable] = []
    for (dataset, indices) in zip(datasets, axesOfDataset) {
      variables.append(try variable(dataset, indices))
    }
    return Granule(
      name: name, format: .hdf5, byteCount: byteCount,
      dimensions: axes.sorted { $0.order < $1.order }.map {
        Dimension(name: $0.name, length: $0.length, isUnlimited: $0.isUnlimited)
      },
      attributes: tree.attributes, variables: variables)
  }

  /// An unlimited dimension is as long as the longest variable along it.
  private mutating func lengthenUnlimited(_ datasets: [HDF5Dataset], _ indices: [[Int]]) {
    for (dataset, indices) in zip(datasets, indices) {
      for (index, length) in zip(indices, dataset.extent ?? []) where axes[index].isUnlimited {
        axes[index].length = max(axes[index].length, length)
      }
    }
  }

  private mutating func axes(of dataset: HDF5Dataset) throws(GranuleError.Reason) -> [Int] {
    guard let extent = dataset.extent, !extent.isEmpty else { return [] }
    if let ids = dataset.attributes.coordinateIDs, ids.count == extent.count {
      let known = ids.compactMap { axisOfID[$0] }
      if known.count == ids.count { return known }
    }
    var found = [Int?](repeating: nil, count: extent.count)
    if dataset.attributes.isScale { found[0] = axisOfAddress[dataset.address] }
    if let scales = dataset.attributes.scaleAddresses, scales.count == extent.count {
      for (position, address) in scales.enumerated() where found[position] == nil {
        found[position] = address.flatMap { axisOfAddress[$0] }
      }
    }
    var indices: [Int] = []
    for (position, index) in found.enumerated() {
      let isUnlimited = dataset.isUnlimited[position]
      let index =
        index
        ?? phonyAxis(
          length: extent[position], isUnlimited, group: dataset.group, besides: indices)
      guard axes[index].isUnlimited || axes[index].length == extent[position] else {
        throw .damaged(
          "variable \(dataset.name) has \(extent[position]) elements along dimension "
            + "\(axes[index].name) of \(axes[index].length)")
      }
      indices.append(index)
    }
    return indices
  }

  /// A dimension of the group with this length, that the variable hasn't yet, or a new one without
  /// a name of its own.
  private mutating func phonyAxis(
    length: Int, _ isUnlimited: Bool, group: String, besides used: [Int]
  ) -> Int {
    let match = axes.indices.first {
      axes[$0].group == group && axes[$0].length == length
        && axes[$0].isUnlimited == isUnlimited && !used.contains($0)
    }
    if let match { return match }
    axes.append(
      Axis(
        name: "\(group)phony_dim_\(axes.count)", length: length, isUnlimited: isUnlimited,
        group: group, order: axes.count))
    return axes.count - 1
  }

  private func variable(
    _ dataset: HDF5Dataset, _ indices: [Int]
  ) throws(GranuleError.Reason) -> Variable {
    let hasPrefix = dataset.name.hasPrefix(Self.nonCoordinatePrefix)
    let name =
      hasPrefix
      ? String(dataset.name.dropFirst(Self.nonCoordinatePrefix.count)) : dataset.name
    // A null dataspace has no elements; a dimension of length 0 says so.
    let isNull = dataset.extent == nil
    let shape = isNull ? [0] : indices.map { axes[$0].length }
    return Variable(
      name: dataset.group + name, type: dataset.type,
      dimensions: isNull ? ["null"] : indices.map { axes[$0].name }, shape: shape,
      attributes: dataset.attributes.visible,
      layout: try layout(dataset, shape: shape))
  }

  private func layout(
    _ dataset: HDF5Dataset, shape: [Int]
  ) throws(GranuleError.Reason) -> StoredLayout {
    var elementByteCount = 8
    if case .number(let type) = dataset.type { elementByteCount = type.byteCount }
    if case .text = dataset.type { elementByteCount = 1 }
    try Self.checkSize(of: shape, elementByteCount, name: dataset.name)
    let rows = TileShape.rows(of: shape, elementByteCount: elementByteCount)
    var tileShape = rows
    let place: Place
    switch dataset.storage {
    case .chunked(let chunkShape, let index):
      tileShape = chunkShape
      // Where a dimension has grown past the variable, the tiles beyond it are fill; a chunk that
      // reaches beyond it holds fill only if the file says so, which is the library's matter.
      let isRagged = zip(zip(dataset.extent ?? [], shape), chunkShape).contains {
        $0.0 != $0.1 && $0.0 % $1 != 0
      }
      place =
        isRagged
        ? .library(reason: "shorter than its dimensions") : .chunks(index)
    case .contiguous(let offset, let byteCount):
      place = .contiguous(offset: offset, byteCount: byteCount)
    case .unallocated: place = .unallocated
    case .library(let reason, let chunkShape):
      tileShape = chunkShape ?? rows
      let limit = GranuleRequest.answerByteLimit / elementByteCount
      if tileShape.reduce(1, *) > limit { tileShape = rows }
      place = .library(reason: reason)
    }
    return StoredLayout(
      tileShape: tileShape, isBigEndian: dataset.isBigEndian, filters: dataset.filters,
      fillBits: dataset.fill.bits, place: place)
  }

  /// - Throws: ``GranuleError/Reason/damaged(_:)`` if the size in bytes isn't an `Int`.
  static func checkSize(
    of shape: [Int], _ elementByteCount: Int, name: String
  ) throws(GranuleError.Reason) {
    var byteCount = elementByteCount
    for length in shape where length > 0 {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: length)
      guard !overflow else { throw .damaged("variable \(name) claims the shape \(shape)") }
      byteCount = product
    }
  }
}
