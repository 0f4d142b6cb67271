/// Text from files: UTF-8, or else taken for Latin-1, which old files hold (`°` as one byte).
/// Bytes of 0 at the end are padding.
enum StoredText {
  static func string(_ bytes: some Collection<UInt8>) -> String {
    var text = Array(bytes)
    while text.last == 0 { text.removeLast() }
    return String(validating: text, as: UTF8.self)
      ?? String(String.UnicodeScalarView(text.map { Unicode.Scalar($0) }))
  }

  static func string(_ zeroTerminated: UnsafePointer<CChar>) -> String {
    if let text = String(validatingCString: zeroTerminated) { return text }
    var length = 0
    while zeroTerminated[length] != 0 { length += 1 }
    return string(UnsafeRawBufferPointer(start: zeroTerminated, count: length))
  }
}
