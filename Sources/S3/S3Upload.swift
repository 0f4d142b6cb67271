internal import Crypto
internal import Foundation
internal import Storage
internal import Synchronization

/// A value sent in parts; one that turns out small is sent at once at the end.
final class S3Upload: Upload {
  fileprivate struct State {
    var buffer: [UInt8] = []
    var uploadID: String?
    var parts: [String] = []
    var byteCount = 0
    var isOver = false
  }

  private let store: S3Store
  private let key: StoreKey
  private let state = Mutex(State())

  /// Of the first parts: S3 wants at least 5 MiB.
  fileprivate static let firstPartByteCount = 8 << 20

  init(store: S3Store, key: StoreKey) {
    self.store = store
    self.key = key
  }

  func append(_ bytes: [UInt8]) async throws(StoreError) {
    let parts = state.withLock { state in
      state.buffer += bytes
      state.byteCount += bytes.count
      return state.takeWholeParts()
    }
    for part in parts { try await send(part) }
  }

  func finish() async throws(StoreError) {
    let (rest, id) = state.withLock { state in (state.buffer, state.uploadID) }
    guard !state.withLock({ $0.isOver }) else { return }
    if id == nil {
      try await store.write(rest, to: key)
    } else {
      if !rest.isEmpty { try await send(rest) }
      try await complete()
    }
    state.withLock { state in
      state.isOver = true
      state.buffer = []
    }
  }

  func cancel() async {
    let id = state.withLock { state -> String? in
      defer {
        state.isOver = true
        state.buffer = []
      }
      return state.isOver ? nil : state.uploadID
    }
    guard let id else { return }
    // What stays behind is found by `removeUnfinishedUploads`. The task may be cancelled, and the
    // request must go out all the same.
    let abort = Task { [store, key] in _ = try? await store.abortUpload(id, of: key) }
    await abort.value
  }

  private func send(_ part: [UInt8]) async throws(StoreError) {
    let id = try await uploadID()
    let number = state.withLock { $0.parts.count + 1 }
    let request = S3Request(
      method: .put, key: key.text,
      query: [("partNumber", String(number)), ("uploadId", id)], body: part)
    let etag: String = try await store.client.perform(
      request, about: key, permission: store.permission("PutObject", key)
    ) { response, _ throws(StoreError) in
      guard response.status == 200 else { return nil }
      guard let etag = S3Store.etag(response) else {
        return .retry(.corrupt, status: 200, reason: "the answer to a part has no ETag")
      }
      return .done(etag)
    }
    state.withLock { $0.parts.append(etag) }
  }

  private func uploadID() async throws(StoreError) -> String {
    if let id = state.withLock({ $0.uploadID }) { return id }
    let answer = try await store.answer(
      to: S3Request(method: .post, key: key.text, query: [("uploads", "")]),
      named: "InitiateMultipartUploadResult", about: key,
      permission: store.permission("PutObject", key))
    guard let id = answer.text("UploadId"), !id.isEmpty else {
      throw .badAnswer(
        key: key, location: store.location, reason: "the answer to a new upload has no UploadId")
    }
    state.withLock { $0.uploadID = id }
    return id
  }

  private func complete() async throws(StoreError) {
    let (id, parts, byteCount) = state.withLock { ($0.uploadID ?? "", $0.parts, $0.byteCount) }
    let list = parts.enumerated().map { index, etag in
      "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\"\(XMLNode.escape(etag))\"</ETag></Part>"
    }
    let request = S3Request(
      method: .post, key: key.text, query: [("uploadId", id)],
      headers: [("content-type", "application/xml")],
      body: Array(
        ("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
          + list.joined() + "</CompleteMultipartUpload>").utf8))
    try await store.client.perform(
      request, about: key, permission: store.permission("PutObject", key)
    ) { response, attempt throws(StoreError) in
      let root = XMLNode(response.body)
      if response.status == 200, root?.name == "CompleteMultipartUploadResult" { return .done(()) }
      // An attempt whose answer was lost may have completed it.
      if response.status == 404, S3Problem(response).code == "NoSuchUpload", attempt.mayBeDone,
        let found = try await self.store.info(self.key), found.byteCount == byteCount,
        found.etag == Self.etag(ofParts: parts)
      {
        return .done(())
      }
      return nil
    }
  }

  /// S3's ETag of an object made of parts: the MD5 of their MD5s; `nil` if theirs are no MD5s.
  static func etag(ofParts parts: [String]) -> String? {
    var digests: [UInt8] = []
    for part in parts {
      let digits = Array(part.utf8)
      guard digits.count == 32 else { return nil }
      for index in stride(from: 0, to: 32, by: 2) {
        let pair = String(decoding: digits[index..<index + 2], as: UTF8.self)
        guard let byte = UInt8(pair, radix: 16) else { return nil }
        digests.append(byte)
      }
    }
    return "\(hex(Insecure.MD5.hash(data: digests)))-\(parts.count)"
  }
}

extension S3Upload.State {
  /// The parts that the buffer now holds whole; each thousand's are larger, since S3 takes 10,000.
  fileprivate mutating func takeWholeParts() -> [[UInt8]] {
    var whole: [[UInt8]] = []
    var position = 0
    while true {
      let size = S3Upload.firstPartByteCount << ((parts.count + whole.count) / 1_000)
      guard buffer.count - position >= size else { break }
      whole.append([UInt8](buffer[position..<position + size]))
      position += size
    }
    if position > 0 { buffer.removeFirst(position) }
    return whole
  }
}
