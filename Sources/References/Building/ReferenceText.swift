internal import Zarr

/// Writes a set as kerchunk JSON, version 1: no templates, no generators, metadata as text. The
/// same arrays always give the same bytes.
///
/// Source: kerchunk, "References specification".
struct ReferenceText {
  private var text: [UInt8] = []
  private var isFirst = true

  /// - Parameters:
  ///   - attributes: Of the root group.
  ///   - targets: URLs or paths that chunks lie in.
  static func bytes(
    attributes: JSONObject, arrays: [ArrayReferences], targets: [String]
  ) -> [UInt8] {
    let targets = targets.map { "[\(JSONValue.string($0).text()), " }
    var writer = ReferenceText()
    writer.append("{\"version\": 1, \"refs\": {")
    let group: JSONValue = ["zarr_format": 2]
    writer.document(".zgroup", group)
    writer.document(".zattrs", .object(attributes))
    var groups: Set<String> = []
    for array in arrays {
      var path = ""
      for part in array.name.split(separator: "/").dropLast() {
        path += path.isEmpty ? String(part) : "/\(part)"
        if groups.insert(path).inserted { writer.document("\(path)/.zgroup", group) }
      }
      writer.document("\(array.name)/.zarray", array.arrayDocument)
      writer.document("\(array.name)/.zattrs", array.attributesDocument)
      writer.chunks(of: array, targets)
    }
    writer.append("\n}}\n")
    return writer.text
  }

  /// One line per chunk. There may be hundreds of thousands: nothing is made but the text.
  private mutating func chunks(of array: ArrayReferences, _ targets: [String]) {
    // Without the quotation mark that ends it.
    let name = Array(JSONValue.string("\(array.name)/").text().utf8.dropLast())
    let targets = targets.map { Array($0.utf8) }
    for chunk in array.chunks {
      append(isFirst ? "\n" : ",\n")
      isFirst = false
      text += name
      // The chunk of a scalar has the key `0`.
      append(chunk.coordinates.first ?? 0)
      for coordinate in chunk.coordinates.dropFirst() {
        text.append(UInt8(ascii: "."))
        append(coordinate)
      }
      append("\": ")
      switch chunk.bytes {
      case .inline(let bytes): append("\"base64:\(Base64.encode(bytes))\"")
      case .range(let range):
        text += targets[chunk.target]
        append(range.lowerBound)
        append(", ")
        append(range.count)
        text.append(UInt8(ascii: "]"))
      }
    }
  }

  /// - Parameter number: Not negative.
  private mutating func append(_ number: Int) {
    var magnitude = number.magnitude
    let start = text.count
    repeat {
      text.append(UInt8(ascii: "0") + UInt8(magnitude % 10))
      magnitude /= 10
    } while magnitude > 0
    text[start...].reverse()
  }

  private mutating func append(_ part: String) { text.append(contentsOf: part.utf8) }

  private mutating func key(_ key: String) {
    append(isFirst ? "\n" : ",\n")
    isFirst = false
    append(JSONValue.string(key).text())
    append(": ")
  }

  private mutating func document(_ name: String, _ value: JSONValue) {
    key(name)
    append(JSONValue.string(value.text(indented: false)).text())
  }
}
