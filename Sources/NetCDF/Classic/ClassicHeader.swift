import CF

/// The header of a NetCDF-3 file: CDF-1, CDF-2 or CDF-5.
///
/// Source: "The NetCDF Classic Format Specification"; PnetCDF, "CDF-5 file format".
struct ClassicHeader {
  private struct RawVariable {
    var name: String
    var dimensionIDs: [Int]
    var attributes: [Attribute]
    var type: ClassicType
    var begin: Int
  }

  private let format: Format
  private let byteCount: Int
  private var fields: ClassicFields
  private var dimensions: [(name: String, length: Int)] = []
  private var recordDimension: Int?

  private static let dimensionTag: UInt64 = 10
  private static let variableTag: UInt64 = 11
  private static let attributeTag: UInt64 = 12

  /// The format by a file's first four bytes; `nil` if it isn't NetCDF-3.
  static func format(of head: some Sequence<UInt8>) -> Format? {
    let head = Array(head.prefix(4))
    guard head.count == 4, head.starts(with: "CDF".utf8) else { return nil }
    switch head[3] {
    case 1: return .classic
    case 2: return .offset64
    case 5: return .cdf5
    default: return nil
    }
  }

  static func read(
    _ file: any GranuleBytes, format: Format, name: String
  ) throws(GranuleError.Reason) -> Granule {
    var header = ClassicHeader(file, format)
    return try header.granule(name: name)
  }

  private init(_ file: any GranuleBytes, _ format: Format) {
    self.format = format
    byteCount = file.byteCount
    fields = ClassicFields(file, position: 4, is64Bit: format == .cdf5)
  }

  private mutating func granule(name: String) throws(GranuleError.Reason) -> Granule {
    let recordCount = try fields.unsigned(format == .cdf5 ? 8 : 4)
    let isStreaming = recordCount == (format == .cdf5 ? UInt64.max : 0xffff_ffff)
    try readDimensions()
    let attributes = try attributes()
    let raw = try variables()
    try setRecordCount(isStreaming ? nil : recordCount, raw)
    let stride = try recordStride(raw)
    var variables: [Variable] = []
    for variable in raw { variables.append(try self.variable(variable, stride: stride)) }
    return Granule(
      name: name, format: format, byteCount: byteCount,
      dimensions: dimensions.indices.map {
        Dimension(
          name: dimensions[$0].name, length: dimensions[$0].length,
          isUnlimited: $0 == recordDimension)
      },
      attributes: attributes, variables: variables)
  }

  /// A list's tag and count; an absent list is two zeros.
  private mutating func listCount(
    tag expected: UInt64, leastByteCount: Int
  ) throws(GranuleError.Reason) -> Int {
    let tag = try fields.tag()
    let count = try fields.count(leastByteCount: leastByteCount)
    guard tag == expected || (tag == 0 && count == 0) else {
      throw .damaged("a list of kind \(tag) where \(expected) belongs")
    }
    return count
  }

  private mutating func readDimensions() throws(GranuleError.Reason) {
    for index in 0..<(try listCount(tag: Self.dimensionTag, leastByteCount: 8)) {
      let name = try fields.name()
      let length = try fields.nonNegative()
      if length == 0 {
        guard recordDimension == nil else { throw .damaged("two record dimensions") }
        recordDimension = index
      }
      dimensions.append((name, length))
    }
  }

  private mutating func attributes() throws(GranuleError.Reason) -> [Attribute] {
    var attributes: [Attribute] = []
    for _ in 0..<(try listCount(tag: Self.attributeTag, leastByteCount: 12)) {
      let name = try fields.name()
      let type = try ClassicType(code: try fields.tag(), format: format)
      let count = try fields.count(leastByteCount: type.byteCount)
      let bytes = try fields.bytes(count * type.byteCount)
      attributes.append(Attribute(name, Self.value(bytes, type)))
      try fields.skipPadding(count * type.byteCount)
    }
    return attributes
  }

  private static func value(_ bytes: ArraySlice<UInt8>, _ type: ClassicType) -> AttributeValue {
    guard case .number(let dataType) = type else { return .text(StoredText.string(bytes)) }
    var native: [UInt8] = []
    native.reserveCapacity(bytes.count)
    var rest = bytes
    while !rest.isEmpty {
      native.append(contentsOf: rest.prefix(dataType.byteCount).reversed())
      rest = rest.dropFirst(dataType.byteCount)
    }
    return native.withUnsafeBytes { native in
      let offsets = stride(from: 0, to: native.count, by: dataType.byteCount)
      switch dataType {
      case .float32:
        return .reals(
          offsets.map { Double(native.loadUnaligned(fromByteOffset: $0, as: Float.self)) },
          dataType)
      case .float64:
        return .reals(
          offsets.map { native.loadUnaligned(fromByteOffset: $0, as: Double.self) }, dataType)
      default:
        return .integers(offsets.map { dataType.integer(native, at: $0) }, dataType)
      }
    }
  }

  private mutating func variables() throws(GranuleError.Reason) -> [RawVariable] {
    var variables: [RawVariable] = []
    for _ in 0..<(try listCount(tag: Self.variableTag, leastByteCount: 24)) {
      let name = try fields.name()
      var ids: [Int] = []
      for _ in 0..<(try fields.count(leastByteCount: format == .cdf5 ? 8 : 4)) {
        let id = try fields.nonNegative()
        guard id < dimensions.count else {
          throw .damaged("variable \(name) has dimension \(id) of \(dimensions.count)")
        }
        guard id != recordDimension || ids.isEmpty else {
          throw .damaged("variable \(name) has the record dimension not first")
        }
        ids.append(id)
      }
      let attributes = try attributes()
      let type = try ClassicType(code: try fields.tag(), format: format)
      // The stated size is redundant, and wrong in files with variables over 4 GiB.
      _ = try fields.unsigned(format == .cdf5 ? 8 : 4)
      let begin = try fields.unsigned(format == .classic ? 4 : 8)
      guard let begin = Int(exactly: begin), begin <= byteCount else {
        throw .damaged("variable \(name) begins at byte \(begin) of \(byteCount)")
      }
      variables.append(
        RawVariable(name: name, dimensionIDs: ids, attributes: attributes, type: type, begin: begin)
      )
    }
    return variables
  }

  private func isRecord(_ variable: RawVariable) -> Bool {
    recordDimension != nil && variable.dimensionIDs.first == recordDimension
  }

  /// The bytes of a variable, or of one record of it, without padding.
  private func size(of variable: RawVariable) throws(GranuleError.Reason) -> Int {
    var size = variable.type.byteCount
    for id in variable.dimensionIDs where id != recordDimension {
      let (product, overflow) = size.multipliedReportingOverflow(by: dimensions[id].length)
      guard !overflow, product <= byteCount else {
        throw .damaged("variable \(variable.name) is larger than the file")
      }
      size = product
    }
    return size
  }

  /// The bytes of one record of all variables. Each is padded to a multiple of 4, unless it is the
  /// only one.
  private func recordStride(_ variables: [RawVariable]) throws(GranuleError.Reason) -> Int {
    let records = variables.filter { isRecord($0) }
    if records.count == 1 { return try size(of: records[0]) }
    var stride = 0
    for variable in records {
      let size = try size(of: variable)
      stride += size + (4 - size % 4) % 4
      guard stride <= byteCount else { throw .damaged("records larger than the file") }
    }
    return stride
  }

  private mutating func setRecordCount(
    _ stated: UInt64?, _ variables: [RawVariable]
  ) throws(GranuleError.Reason) {
    guard let recordDimension else { return }
    let stride = try recordStride(variables)
    if let stated {
      guard let count = Int(exactly: stated), stride == 0 || count <= byteCount / stride + 1
      else {
        throw .damaged("\(stated) records in a file of \(byteCount) bytes")
      }
      dimensions[recordDimension].length = count
    } else {
      // Written by a stream that couldn't go back: as many as the file has.
      let begin = variables.filter { isRecord($0) }.map(\.begin).min() ?? byteCount
      dimensions[recordDimension].length = stride == 0 ? 0 : (byteCount - begin) / stride
    }
  }

  private func variable(
    _ raw: RawVariable, stride: Int
  ) throws(GranuleError.Reason) -> Variable {
    let shape = raw.dimensionIDs.map { dimensions[$0].length }
    let size = try size(of: raw)
    try HDF5Header.checkSize(of: shape, raw.type.byteCount, name: raw.name)
    let place: Place
    let tileShape: [Int]
    if isRecord(raw) {
      try checkEnd(raw, shape[0] == 0 || size == 0 ? 0 : stride * (shape[0] - 1) + size)
      place =
        stride == size
        ? .contiguous(offset: raw.begin, byteCount: size * shape[0])
        : .records(offset: raw.begin, stride: stride, recordByteCount: size)
      tileShape =
        stride == size
        ? TileShape.rows(of: shape, elementByteCount: raw.type.byteCount)
        : TileShape.records(of: shape, elementByteCount: raw.type.byteCount)
    } else {
      try checkEnd(raw, size)
      place = .contiguous(offset: raw.begin, byteCount: size)
      tileShape = TileShape.rows(of: shape, elementByteCount: raw.type.byteCount)
    }
    let fill = raw.attributes["_FillValue"].flatMap { value in
      if case .number(let type) = raw.type { value.bitPatterns(as: type).first } else { nil }
    }
    return Variable(
      name: raw.name, type: raw.type.variableType,
      dimensions: raw.dimensionIDs.map { dimensions[$0].name }, shape: shape,
      attributes: raw.attributes,
      layout: StoredLayout(
        tileShape: tileShape, isBigEndian: raw.type.byteCount > 1, filters: [],
        fillBits: fill ?? raw.type.defaultFillBits, place: place))
  }

  private func checkEnd(_ raw: RawVariable, _ size: Int) throws(GranuleError.Reason) {
    guard size <= byteCount - raw.begin else {
      throw .damaged(
        "variable \(raw.name) reaches to byte \(raw.begin + size), the file has \(byteCount)")
    }
  }
}
