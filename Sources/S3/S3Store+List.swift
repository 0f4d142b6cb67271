internal import Foundation
public import Storage

extension S3Store {
  public func list(_ prefix: StoreKey?, recursive: Bool) async throws(StoreError) -> Listing {
    var listing = Listing()
    var token: String?
    repeat {
      var query = [("list-type", "2"), ("encoding-type", "url")]
      if let prefix { query.append(("prefix", "\(prefix)/")) }
      if !recursive { query.append(("delimiter", "/")) }
      if let token { query.append(("continuation-token", token)) }
      let page = try await answer(
        to: S3Request(method: .get, query: query), named: "ListBucketResult",
        permission: permission("ListBucket", nil))
      try add(page, below: prefix, to: &listing)
      let next = page.text("NextContinuationToken")
      guard page.text("IsTruncated") != "true" || (next != nil && next != token) else {
        throw .badAnswer(
          key: prefix, location: location, reason: "the listing is cut off without a next page")
      }
      token = page.text("IsTruncated") == "true" ? next : nil
    } while token != nil
    listing.objects.sort { $0.key < $1.key }
    listing.prefixes.sort()
    return listing
  }

  public func delete(_ keys: [StoreKey]) async throws(StoreError) {
    var rest = keys[...]
    while !rest.isEmpty {
      let batch = rest.prefix(1_000)
      rest = rest.dropFirst(batch.count)
      // XML can't hold control characters.
      for key in batch where batch.count == 1 || key.text.utf8.contains(where: { $0 < 32 }) {
        try await deleteOne(key)
      }
      let together = batch.filter { key in !key.text.utf8.contains { $0 < 32 } }
      if batch.count > 1, !together.isEmpty { try await delete(together: together) }
    }
  }

  public func unfinishedUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [StoreKey] { try await openUploads(below: prefix).map(\.key) }

  public func removeUnfinishedUploads(below prefix: StoreKey?) async throws(StoreError) {
    for (key, id) in try await openUploads(below: prefix) { try await abortUpload(id, of: key) }
  }

  private func openUploads(
    below prefix: StoreKey?
  ) async throws(StoreError) -> [(key: StoreKey, id: String)] {
    var found: [(key: StoreKey, id: String)] = []
    var marker: [(String, String)] = []
    while true {
      var query = [("uploads", ""), ("encoding-type", "url")] + marker
      if let prefix { query.append(("prefix", "\(prefix)/")) }
      let page = try await answer(
        to: S3Request(method: .get, query: query), named: "ListMultipartUploadsResult",
        permission: permission("ListBucketMultipartUploads", nil))
      for upload in page.children("Upload") {
        guard let text = upload.text("Key"), let id = upload.text("UploadId") else { continue }
        if let key = try key(text, below: prefix) { found.append((key, id)) }
      }
      guard page.text("IsTruncated") == "true", let key = page.text("NextKeyMarker"),
        let id = page.text("NextUploadIdMarker")
      else { return found }
      marker = [
        ("key-marker", PercentEncoding.decodeForm(key) ?? key), ("upload-id-marker", id),
      ]
    }
  }

  func abortUpload(_ id: String, of key: StoreKey) async throws(StoreError) {
    try await client.perform(
      S3Request(method: .delete, key: key.text, query: [("uploadId", id)]), about: key,
      permission: permission("AbortMultipartUpload", key)
    ) { response, _ throws(StoreError) in
      switch response.status {
      case 200...299: .done(())
      case 404 where S3Problem(response).code == "NoSuchUpload": .done(())
      default: nil
      }
    }
  }

  /// The XML of an answer whose root has this name.
  func answer(
    to request: S3Request, named root: String, about key: StoreKey? = nil, permission: String
  ) async throws(StoreError) -> XMLNode {
    try await client.perform(request, about: key, permission: permission) {
      response, _ throws(StoreError) in
      guard response.status == 200 else { return nil }
      // S3 may answer 200 and then find that it failed.
      guard let node = XMLNode(response.body), node.name == root else { return nil }
      return .done(node)
    }
  }

  private func add(
    _ page: XMLNode, below prefix: StoreKey?, to listing: inout Listing
  ) throws(StoreError) {
    for object in page.children("Contents") {
      guard let text = object.text("Key"), let size = object.text("Size").flatMap(Int.init) else {
        throw .badAnswer(
          key: prefix, location: location, reason: "the listing has an object without key or size")
      }
      guard let key = try key(text, below: prefix) else {
        // An empty object that stands for a folder.
        if size == 0 { continue }
        throw .unsupported(
          location: location, reason: "the bucket has an object named “\(text)”, ending in “/”")
      }
      let etag = object.text("ETag")?.trimmingCharacters(in: ["\""])
      listing.objects.append(
        ObjectInfo(
          key: key, byteCount: size, etag: etag?.isEmpty == true ? nil : etag,
          modifiedSeconds: object.text("LastModified").flatMap(Self.seconds)))
    }
    for common in page.children("CommonPrefixes") {
      guard let text = common.text("Prefix"), text.hasSuffix("/"),
        let key = try key(String(text.dropLast()), below: prefix)
      else {
        throw .badAnswer(
          key: prefix, location: location, reason: "the listing has a prefix without “/”")
      }
      listing.prefixes.append(key)
    }
  }

  /// A listed key; `nil` if it ends in `/`.
  private func key(_ text: String, below prefix: StoreKey?) throws(StoreError) -> StoreKey? {
    guard let decoded = PercentEncoding.decodeForm(text) else {
      throw .badAnswer(
        key: prefix, location: location, reason: "the listing has the malformed key “\(text)”")
    }
    if decoded.utf8.last == UInt8(ascii: "/") { return nil }
    guard let key = try? StoreKey(decoded) else {
      throw .unsupported(
        location: location, reason: "the bucket has an object named “\(decoded)”")
    }
    guard key.isBelow(prefix) else {
      throw .badAnswer(
        key: prefix, location: location, reason: "the listing has “\(decoded)”, outside of it")
    }
    return key
  }

  private static func seconds(_ text: String) -> Double? {
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    return (try? Date(text, strategy: format))?.timeIntervalSince1970
  }

  private func deleteOne(_ key: StoreKey) async throws(StoreError) {
    try await client.perform(
      S3Request(method: .delete, key: key.text), about: key,
      permission: permission("DeleteObject", key)
    ) { response, _ throws(StoreError) in
      switch response.status {
      case 200...299: .done(())
      case 404 where S3Problem(response).code == "NoSuchKey": .done(())
      default: nil
      }
    }
  }

  private func delete(together keys: [StoreKey]) async throws(StoreError) {
    let objects = keys.map { "<Object><Key>\(XMLNode.escape($0.text))</Key></Object>" }
    let body = Array(
      ("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>"
        + objects.joined() + "</Delete>").utf8)
    let request = S3Request(
      method: .post, query: [("delete", "")],
      headers: [("content-md5", S3Client.md5(body)), ("content-type", "application/xml")],
      body: body)
    try await client.perform(request, about: nil, permission: permission("DeleteObject", nil)) {
      (response, attempt) throws(StoreError) -> RequestSender.Verdict<Void>? in
      guard response.status == 200 else { return nil }
      guard let result = XMLNode(response.body), result.name == "DeleteResult" else { return nil }
      guard let failed = result.children("Error").first else { return .done(()) }
      let key = failed.text("Key").flatMap { try? StoreKey($0) }
      switch failed.text("Code") {
      case "InternalError", "SlowDown", "ServiceUnavailable":
        return .retry(.transient, status: 200, reason: "objects were not deleted")
      case "AccessDenied":
        return .failed(
          .accessDenied(
            key: key, permission: self.permission("DeleteObject", key), location: self.location))
      default:
        return .failed(
          .unavailable(
            key: key, location: self.location, attempts: attempt.number, httpStatus: 200,
            reason: "objects were not deleted"))
      }
    }
  }
}
