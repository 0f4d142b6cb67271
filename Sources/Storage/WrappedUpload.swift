/// An upload each of whose steps goes through `around`: to count it, delay it, limit it.
public final class WrappedUpload: Upload {
  public typealias Step = @Sendable () async throws(StoreError) -> Void

  private let upload: any Upload
  private let around: @Sendable (_ byteCount: Int, Step) async throws(StoreError) -> Void

  public init(
    _ upload: any Upload,
    around: @escaping @Sendable (_ byteCount: Int, Step) async throws(StoreError) -> Void
  ) {
    self.upload = upload
    self.around = around
  }

  public func append(_ bytes: [UInt8]) async throws(StoreError) {
    try await around(bytes.count) { [upload] () throws(StoreError) in
      try await upload.append(bytes)
    }
  }

  public func finish() async throws(StoreError) {
    try await around(0) { [upload] () throws(StoreError) in try await upload.finish() }
  }

  public func cancel() async { await upload.cancel() }
}
