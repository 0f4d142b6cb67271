import CF

extension WireWriter {
  mutating func put(_ granule: Granule) {
    put(granule.name)
    put(granule.format.rawValue)
    put(granule.byteCount)
    put(granule.dimensions) { $0.put($1) }
    put(granule.attributes) { $0.put($1) }
    put(granule.variables) { $0.put($1) }
  }

  mutating func put(_ dimension: Dimension) {
    put(dimension.name)
    put(dimension.length)
    put(dimension.isUnlimited)
  }

  mutating func put(_ variable: Variable) {
    put(variable.name)
    switch variable.type {
    case .number(let type):
      put(0)
      put(type)
    case .text: put(1)
    case .unsupported(let name):
      put(2)
      put(name)
    }
    put(variable.dimensions) { $0.put($1) }
    put(variable.shape) { $0.put($1) }
    put(variable.attributes) { $0.put($1) }
    put(variable.layout)
  }

  mutating func put(_ type: DataType) { put(DataType.allCases.firstIndex(of: type) ?? -1) }

  mutating func put(_ attribute: Attribute) {
    put(attribute.name)
    switch attribute.value {
    case .text(let text):
      put(0)
      put(text)
    case .texts(let texts):
      put(1)
      put(texts) { $0.put($1) }
    case .integers(let values, let type):
      put(2)
      put(type)
      put(values) { $0.put(Int($1)) }
    case .reals(let values, let type):
      put(3)
      put(type)
      put(values) { $0.put(bits: $1.bitPattern) }
    }
  }

  private mutating func put(_ layout: StoredLayout) {
    put(layout.tileShape) { $0.put($1) }
    put(layout.isBigEndian)
    put(layout.filters) { writer, filter in
      switch filter {
      case .shuffle(let elementSize):
        writer.put(0)
        writer.put(elementSize)
      case .deflate(let level):
        writer.put(1)
        writer.put(level)
      case .fletcher32: writer.put(2)
      case .other(let id, let name):
        writer.put(3)
        writer.put(id)
        writer.put(name)
      }
    }
    put(bits: layout.fillBits)
    switch layout.place {
    case .chunks(.tree(let offset, let addressSize, let base)):
      for value in [0, offset, addressSize, base] { put(value) }
    case .chunks(.library): put(1)
    case .contiguous(let offset, let byteCount):
      for value in [2, offset, byteCount] { put(value) }
    case .records(let offset, let stride, let recordByteCount):
      for value in [3, offset, stride, recordByteCount] { put(value) }
    case .unallocated: put(4)
    case .library(let reason):
      put(5)
      put(reason)
    }
  }
}

extension WireReader {
  mutating func granule() throws(Malformed) -> Granule {
    let name = try text()
    guard let format = Format(rawValue: try text()) else { throw Malformed() }
    return Granule(
      name: name, format: format, byteCount: try integer(),
      dimensions: try list { reader throws(Malformed) in try reader.dimension() },
      attributes: try list { reader throws(Malformed) in try reader.attribute() },
      variables: try list { reader throws(Malformed) in try reader.variable() })
  }

  mutating func dimension() throws(Malformed) -> Dimension {
    Dimension(name: try text(), length: try integer(), isUnlimited: try flag())
  }

  mutating func variable() throws(Malformed) -> Variable {
    let name = try text()
    let type: VariableType
    switch try integer() {
    case 0: type = .number(try dataType())
    case 1: type = .text
    case 2: type = .unsupported(try text())
    default: throw Malformed()
    }
    let dimensions = try list { reader throws(Malformed) in try reader.text() }
    let shape = try integers()
    let attributes = try list { reader throws(Malformed) in try reader.attribute() }
    let layout = try layout()
    guard dimensions.count == shape.count, shape.count == layout.tileShape.count,
      shape.allSatisfy({ $0 >= 0 }), layout.tileShape.allSatisfy({ $0 >= 1 })
    else { throw Malformed() }
    return Variable(
      name: name, type: type, dimensions: dimensions, shape: shape, attributes: attributes,
      layout: layout)
  }

  mutating func integers() throws(Malformed) -> [Int] {
    try list { reader throws(Malformed) in try reader.integer() }
  }

  mutating func dataType() throws(Malformed) -> DataType {
    let index = try integer()
    guard DataType.allCases.indices.contains(index) else { throw Malformed() }
    return DataType.allCases[index]
  }

  mutating func attribute() throws(Malformed) -> Attribute {
    let name = try text()
    switch try integer() {
    case 0: return Attribute(name, .text(try text()))
    case 1:
      return Attribute(name, .texts(try list { reader throws(Malformed) in try reader.text() }))
    case 2:
      let type = try dataType()
      return Attribute(name, .integers(try integers().map(Int64.init), type))
    case 3:
      let type = try dataType()
      let bits = try list { reader throws(Malformed) in try reader.bits() }
      return Attribute(name, .reals(bits.map(Double.init(bitPattern:)), type))
    default: throw Malformed()
    }
  }

  private mutating func layout() throws(Malformed) -> StoredLayout {
    StoredLayout(
      tileShape: try integers(), isBigEndian: try flag(),
      filters: try list { reader throws(Malformed) in try reader.filter() },
      fillBits: try bits(), place: try place())
  }

  private mutating func filter() throws(Malformed) -> Filter {
    switch try integer() {
    case 0:
      let elementSize = try integer()
      guard elementSize >= 1 else { throw Malformed() }
      return .shuffle(elementSize: elementSize)
    case 1: return .deflate(level: try integer())
    case 2: return .fletcher32
    case 3: return .other(id: try integer(), name: try text())
    default: throw Malformed()
    }
  }

  private mutating func place() throws(Malformed) -> Place {
    switch try integer() {
    case 0:
      return .chunks(
        .tree(offset: try integer(), addressSize: try integer(), base: try integer()))
    case 1: return .chunks(.library)
    case 2: return .contiguous(offset: try integer(), byteCount: try integer())
    case 3:
      return .records(
        offset: try integer(), stride: try integer(), recordByteCount: try integer())
    case 4: return .unallocated
    case 5: return .library(reason: try text())
    default: throw Malformed()
    }
  }
}
