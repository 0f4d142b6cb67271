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
    let targets = targets.map { JSONValue.string($0).text() }
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
      for chunk in array.chunks {
        let key =
          chunk.coordinates.isEmpty
          ? "0"
          : chunk.coordinates.map(String.init)
            .joined(separator: ".")
        writer.key("\(array.name)/\(key)")
        switch chunk.bytes {
        case .inline(let bytes): writer.append("\"base64:\(Base64.encode(bytes))\"")
        case .range(let range):
          writer.append("[\(targets[chunk.target]), \(range.lowerBound), \(range.count)]")
        }
      }
    }
    writer.append("\n}}\n")
    return writer.text
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
