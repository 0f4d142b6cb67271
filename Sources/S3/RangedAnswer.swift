internal import Storage

/// Checks the answer to a GET against the range that was asked for.
enum RangedAnswer {
  /// What a status of 200, 206 or 416 means; `nil` for others.
  ///
  /// - Returns: In ``RequestSender/Verdict/done(_:)``, the bytes, or `nil` if only the value's size
  ///   can tell: the server says that the range lies outside, but not how long the value is.
  static func verdict(
    _ range: ByteRange, _ response: HTTPResponse, key: StoreKey, location: String
  ) -> RequestSender.Verdict<[UInt8]?>? {
    switch (response.status, range) {
    case (200, .all): return .done(response.body)
    case (200, .suffix(let count)) where response.body.count <= count: return .done(response.body)
    case (200, _):
      return .failed(
        .badAnswer(key: key, location: location, reason: "the server does not answer ranges"))
    case (206, .bounds(let wanted)):
      guard let found = ContentRange(response.header("Content-Range")), let bounds = found.bounds
      else { break }
      if let byteCount = found.byteCount, byteCount < wanted.upperBound,
        bounds == wanted.lowerBound..<byteCount
      {
        return .failed(.rangeOutOfBounds(wanted, byteCount: byteCount, key: key))
      }
      if bounds == wanted, response.body.count == wanted.count { return .done(response.body) }
    case (206, .suffix(let count)):
      guard let found = ContentRange(response.header("Content-Range")), let bounds = found.bounds,
        let byteCount = found.byteCount
      else { break }
      if bounds == max(0, byteCount - count)..<byteCount, response.body.count == bounds.count {
        return .done(response.body)
      }
    case (206, .all): break
    case (416, .bounds(let wanted)):
      guard let byteCount = ContentRange(response.header("Content-Range"))?.byteCount else {
        return .done(nil)
      }
      if byteCount < wanted.upperBound {
        return .failed(.rangeOutOfBounds(wanted, byteCount: byteCount, key: key))
      }
      break
    case (416, .suffix): return .done(nil)
    default: return nil
    }
    return .retry(
      .corrupt, status: response.status, reason: "the answer holds other bytes than were asked for")
  }
}
