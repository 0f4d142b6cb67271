package import CF
import Storage

/// One metadata object, with its key for errors: reads members and says what is wrong with them.
struct MetadataDocument {
  let key: StoreKey
  let object: JSONObject

  init(key: StoreKey, object: JSONObject) {
    self.key = key
    self.object = object
  }

  init(key: StoreKey, bytes: [UInt8]) throws(ZarrError) {
    let value: JSONValue
    do { value = try JSONValue(parsing: bytes) } catch { throw .notJSON(key: key, error) }
    guard let object = value.object else {
      throw .notJSON(key: key, JSONError(offset: 0, reason: "an object is expected"))
    }
    self.init(key: key, object: object)
  }

  func bad(_ member: String, _ reason: String) -> ZarrError {
    .badMetadata(key: key, member: member, reason: reason)
  }

  func unsupported(_ feature: String) -> ZarrError { .unsupported(key: key, feature: feature) }

  /// A member that must be there.
  func value(_ member: String) throws(ZarrError) -> JSONValue {
    guard let value = object[member] else { throw bad(member, "is missing") }
    return value
  }

  /// - Parameter object: Where the member is; the document itself by default.
  func shape(_ member: String, in object: JSONObject? = nil) throws(ZarrError) -> [Int] {
    guard let shape = (object ?? self.object)[member]?.ints, shape.allSatisfy({ $0 >= 0 }) else {
      throw bad(member, "isn't a list of counts")
    }
    guard shape.count <= 64 else { throw unsupported("an array of \(shape.count) dimensions") }
    return shape
  }

  func grid(
    of arrayShape: [Int], _ chunkShape: [Int], _ member: String
  ) throws(ZarrError) -> ChunkGrid {
    do { return try ChunkGrid(arrayShape: arrayShape, chunkShape: chunkShape) } catch {
      throw bad(member, "doesn't fit: \(error)")
    }
  }

  /// Bytes of a chunk: at most 2 GiB, so that metadata alone can't ask for all memory there is.
  func byteCount(ofChunk shape: [Int], _ type: DataType) throws(ZarrError) -> Int {
    var byteCount = type.byteCount
    for extent in shape {
      let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= Int(Int32.max) else {
        throw unsupported("a chunk of \(shape) elements")
      }
      byteCount = product
    }
    return byteCount
  }

  /// A codec or extension point: a name with a configuration, or a name alone.
  func named(
    _ value: JSONValue?, _ member: String
  ) throws(ZarrError) -> (name: String, configuration: JSONObject) {
    if let name = value?.string { return (name, [:]) }
    guard let object = value?.object, let name = object["name"]?.string else {
      throw bad(member, "has no name")
    }
    switch object["configuration"] {
    case nil: return (name, [:])
    case .object(let configuration)?: return (name, configuration)
    default: throw bad(member, "has a configuration that isn't an object")
    }
  }

  /// The attributes in a JSON object, `_FillValue` in the array's type.
  func attributes(
    _ object: JSONObject, type: DataType?
  ) -> [Attribute] {
    object.members.compactMap { member in
      if member.name == "_ARRAY_DIMENSIONS" { return nil }
      if member.name == "_FillValue", let type, let bits = type.maskBits(of: member.value) {
        return Attribute(member.name, type.attribute(ofBits: bits))
      }
      return AttributeValue(member.value).map { Attribute(member.name, $0) }
    }
  }
}

extension DataType {
  /// The bits of a `_FillValue` attribute: xarray's base64 of a Double, or what a fill value in
  /// metadata may be.
  fileprivate func maskBits(of value: JSONValue) -> UInt64? {
    if isFloatingPoint, case .string(let text) = value, let bytes = Base64.decode(text),
      bytes.count == 8
    {
      let bits = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      return self == .float32 ? UInt64(Float(Double(bitPattern: bits)).bitPattern) : bits
    }
    return fillBits(of: value)
  }
}

extension AttributeValue {
  /// What JSON can say of an attribute: text, 64-bit integers, doubles, or a list of one of them.
  /// Other values keep their JSON text; `null` is no attribute.
  package init?(_ value: JSONValue) {
    let values = value.array ?? [value]
    let texts = values.compactMap(\.string)
    let reals = values.compactMap(\.real)
    switch value {
    case .null: return nil
    case .string(let text): self = .text(text)
    case _ where texts.count == values.count && !values.isEmpty: self = .texts(texts)
    case _ where reals.count == values.count:
      let integers = values.compactMap { if case .integer(let value) = $0 { value } else { nil } }
      let unsigned = values.compactMap(\.unsignedBits)
      if integers.count == values.count {
        self = .integers(integers, .int64)
      } else if unsigned.count == values.count {
        self = .integers(unsigned, .uint64)
      } else {
        self = .reals(reals, .float64)
      }
    default: self = .text(value.text(indented: false))
    }
  }
}

extension JSONValue {
  fileprivate var real: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  fileprivate var unsignedBits: Int64? {
    switch self {
    case .integer(let value) where value >= 0: value
    case .unsigned(let value): Int64(bitPattern: value)
    default: nil
    }
  }
}
