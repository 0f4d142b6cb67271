internal import Synchronization

/// An upload that keeps everything in memory and writes it at the end.
final class BufferedUpload: Upload {
  private let bytes = Mutex<[UInt8]?>([])
  private let write: @Sendable ([UInt8]) async throws(StoreError) -> Void

  init(write: @escaping @Sendable ([UInt8]) async throws(StoreError) -> Void) {
    self.write = write
  }

  func append(_ more: [UInt8]) async throws(StoreError) {
    bytes.withLock { $0?.append(contentsOf: more) }
  }

  func finish() async throws(StoreError) {
    guard let bytes = bytes.withLock({ $0.take() }) else { return }
    try await write(bytes)
  }

  func cancel() async { bytes.withLock { $0 = nil } }
}
