import CZstd
internal import Synchronization

/// Contexts for decoding zstd, which are kept: to make one takes as long as to decode 20 KB.
///
/// They are the process's scratch memory, as malloc's is: a frame is the same bytes in any of them.
enum ZstdContexts {
  private struct Context: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  private static let idle = Mutex<[Context]>([])
  /// About 160 KB each; what more threads need at once isn't kept.
  private static let limit = 16

  /// Decodes one frame or several.
  ///
  /// - Parameter target: Room for `capacity` bytes.
  /// - Returns: How many bytes were decoded, or zstd's code of an error.
  static func decode(
    _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer?, capacity: Int
  ) -> Int {
    let kept = idle.withLock { $0.popLast() }
    guard let context = kept ?? ZSTD_createDCtx().map(Context.init) else {
      return ZSTD_decompress(target, capacity, bytes.baseAddress, bytes.count)
    }
    let status = ZSTD_decompressDCtx(
      context.pointer, target, capacity, bytes.baseAddress, bytes.count)
    let isKept = idle.withLock { idle in
      guard idle.count < limit else { return false }
      idle.append(context)
      return true
    }
    if !isKept { ZSTD_freeDCtx(context.pointer) }
    return status
  }
}
