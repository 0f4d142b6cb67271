internal import Crypto
internal import Foundation
internal import Storage
internal import Synchronization

/// A value sent in parts, a few at once; one that turns out small is sent at once at the end.
///
/// One task at a time uses it.
final class S3Upload: Upload {
  fileprivate struct State {
    var buffer: [UInt8] = []
    var upload: Sending?
    var parts: [Sending] = []
    var byteCount = 0
    var isOver = false
  }

  /// Gives an upload's number, or a part's ETag.
  fileprivate typealias Sending = Task<Result<String, StoreError>, Never>

  private let store: S3Store
  private let key: StoreKey
  private let state = Mutex(State())

  /// Of the first parts: S3 wants at least 5 MiB.
  fileprivate static let firstPartByteCount = 8 << 20
  /// How many parts are on their way at once: a server takes its time for each, and each is memory.
  private static let partsInFlight = 2

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
    let (rest, isSmall) = state.withLock { state in (state.buffer, state.upload == nil) }
    guard !state.withLock({ $0.isOver }) else { return }
    if isSmall {
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
    let (upload, parts) = state.withLock { state -> (Sending?, [Sending]) in
      defer {
        state.isOver = true
        state.buffer = []
      }
      return state.isOver ? (nil, []) : (state.upload, state.parts)
    }
    for part in parts { part.cancel() }
    guard let upload, case .success(let id) = await upload.value else { return }
    // A part that arrives after the end would stay.
    for part in parts { _ = await part.value }
    // What stays behind is found by `removeUnfinishedUploads`. The task may be cancelled, and the
    // request must go out all the same.
    let abort = Task { [store, key] in _ = try? await store.abortUpload(id, of: key) }
    await abort.value
  }

  /// Sends a part, once there is room for it on the way.
  private func send(_ part: [UInt8]) async throws(StoreError) {
    let (upload, before) = state.withLock { state in
      let upload = state.upload ?? Task { [store, key] in await Self.begin(store, key) }
      state.upload = upload
      return (upload, state.parts)
    }
    // One that began behind the caller's back would be missed by who removes unfinished uploads.
    _ = try await Self.value(of: upload)
    if before.count >= Self.partsInFlight {
      _ = try await Self.value(of: before[before.count - Self.partsInFlight])
    }
    let sending = Task { [store, key] in
      await Self.send(part, number: before.count + 1, of: upload, store, key)
    }
    state.withLock { $0.parts.append(sending) }
  }

  /// Waits for a request that goes on by itself, and stops it if nobody waits any more.
  private static func value(of sending: Sending) async throws(StoreError) -> String {
    let result = await withTaskCancellationHandler {
      await sending.value
    } onCancel: {
      sending.cancel()
    }
    return try result.get()
  }

  private static func begin(
    _ store: S3Store, _ key: StoreKey
  ) async -> Result<String, StoreError> {
    do throws(StoreError) {
      let answer = try await store.answer(
        to: S3Request(method: .post, key: key.text, query: [("uploads", "")]),
        named: "InitiateMultipartUploadResult", about: key,
        permission: store.permission("PutObject", key))
      guard let id = answer.text("UploadId"), !id.isEmpty else {
        throw StoreError.badAnswer(
          key: key, location: store.location,
          reason: "the answer to a new upload has no UploadId")
      }
      return .success(id)
    } catch {
      return .failure(error)
    }
  }

  private static func send(
    _ part: [UInt8], number: Int, of upload: Sending, _ store: S3Store, _ key: StoreKey
  ) async -> Result<String, StoreError> {
    do throws(StoreError) {
      let request = S3Request(
        method: .put, key: key.text,
        query: [("partNumber", String(number)), ("uploadId", try await upload.value.get())],
        body: part)
      return .success(
        try await store.client.perform(
          request, about: key, permission: store.permission("PutObject", key)
        ) { response, _ throws(StoreError) in
          guard response.status == 200 else { return nil }
          guard let etag = S3Store.etag(response) else {
            return .retry(.corrupt, status: 200, reason: "the answer to a part has no ETag")
          }
          return .done(etag)
        })
    } catch {
      return .failure(error)
    }
  }

  private func complete() async throws(StoreError) {
    let (upload, sendings, byteCount) = state.withLock { ($0.upload, $0.parts, $0.byteCount) }
    guard let id = try await upload?.value.get() else { return }
    var parts: [String] = []
    for sending in sendings { parts.append(try await Self.value(of: sending)) }
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
