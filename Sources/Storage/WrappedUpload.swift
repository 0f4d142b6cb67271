/// An upload each of whose steps goes through `around`: to count it, delay it, limit it.
final class WrappedUpload: Upload {
  typealias Step = @Sendable () async throws(StoreError) -> Void

  private let upload: any Upload
  private let around: @Sendable (_ byteCount: Int, Step) async throws(StoreError) -> Void

  init(
    _ upload: any Upload,
    around: @escaping @Sendable (_ byteCount: Int, Step) async throws(StoreError) -> Void
  ) {
    self.upload = upload
    self.around = around
  }

  func append(_ bytes: [UInt8]) async throws(StoreError) {
    try await around(bytes.count) { [upload] () throws(StoreError) in
      try await upload.append(bytes)
    }
  }

  func finish() async throws(StoreError) {
    try await around(0) { [upload] () throws(StoreError) in try await upload.finish() }
  }

  func cancel() async { await upload.cancel() }
}
