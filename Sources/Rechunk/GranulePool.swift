import CF
import NetCDF

/// Lets the headers of a stack's granules share what they have alike, so that 12,000 of them take
/// little more than one.
///
/// Of a variable's attributes, scale and offset go (the packing has them), since they alone differ
/// from granule to granule; of the global ones only the title stays, and what all granules have
/// alike is kept once.
actor GranulePool {
  /// The parts of a variable that seldom differ between granules.
  private struct Storage: Hashable {
    let dimensions: [String]
    let shape: [Int]
    let tileShape: [Int]
    let filters: [Filter]
    let missing: [UInt64]
  }

  private var attributeLists: [[Attribute]: [Attribute]] = [:]
  private var storages: [Storage: Storage] = [:]
  private var names: [String: String] = [:]
  private var axisLists: [[Grid.Axis]] = []
  private var digestTables: [[String: UInt32]: [String: UInt32]] = [:]
  private var common: Set<Attribute>?
  private var first: (name: String, attributes: [Attribute])?

  /// The global attributes that all granules so far have alike, in the order of the one that is
  /// first by name.
  var commonAttributes: [Attribute] {
    (first?.attributes ?? []).filter { common?.contains($0) == true }
  }

  func compact(_ granule: Granule) -> Granule {
    common = common?.intersection(granule.attributes) ?? Set(granule.attributes)
    if first.map({ granule.name < $0.name }) ?? true { first = (granule.name, granule.attributes) }
    return Granule(
      name: granule.name, format: granule.format, byteCount: granule.byteCount,
      dimensions: granule.dimensions,
      attributes: shared(granule.attributes.filter { $0.name == "title" }),
      variables: granule.variables.map(compact))
  }

  /// The same axes; those of a granule on a grid that is known take no more room.
  func share(_ axes: [Grid.Axis]) -> [Grid.Axis] {
    if let known = axisLists.first(where: { $0 == axes }) { return known }
    // A stack has one grid or is refused: remembering more would only keep strangers.
    if axisLists.count < 8 { axisLists.append(axes) }
    return axes
  }

  func share(_ digests: [String: UInt32]) -> [String: UInt32] {
    if let known = digestTables[digests] { return known }
    digestTables[digests] = digests
    return digests
  }

  private func compact(_ variable: Variable) -> Variable {
    var attributes = variable.attributes
    if variable.packing?.scaleFactor != nil { attributes.set("scale_factor", nil) }
    if variable.packing?.addOffset != nil { attributes.set("add_offset", nil) }
    let storage = shared(
      Storage(
        dimensions: variable.dimensions, shape: variable.shape,
        tileShape: variable.layout.tileShape, filters: variable.layout.filters,
        missing: variable.packing?.missing ?? []))
    var compact = Variable(
      name: shared(variable.name), type: variable.type, dimensions: storage.dimensions,
      shape: storage.shape, attributes: shared(attributes),
      layout: StoredLayout(
        tileShape: storage.tileShape, isBigEndian: variable.layout.isBigEndian,
        filters: storage.filters, fillBits: variable.layout.fillBits, place: variable.layout.place))
    compact.packing = variable.packing.map {
      Packing(
        packedType: $0.packedType, scaleFactor: $0.scaleFactor, addOffset: $0.addOffset,
        missing: storage.missing)
    }
    return compact
  }

  private func shared(_ attributes: [Attribute]) -> [Attribute] {
    if let known = attributeLists[attributes] { return known }
    attributeLists[attributes] = attributes
    return attributes
  }

  private func shared(_ storage: Storage) -> Storage {
    if let known = storages[storage] { return known }
    storages[storage] = storage
    return storage
  }

  private func shared(_ name: String) -> String {
    if let known = names[name] { return known }
    names[name] = name
    return name
  }
}

extension Variable {
  /// The attributes as the granule has them, scale and offset included.
  var completeAttributes: [Attribute] {
    var complete = attributes
    if let scale = packing?.scaleFactor { complete.set("scale_factor", .reals([scale], .float64)) }
    if let offset = packing?.addOffset { complete.set("add_offset", .reals([offset], .float64)) }
    return complete
  }
}
