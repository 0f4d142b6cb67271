import CDeflate

/// Turns a variable's values into the bytes of its chunks: laid out in C order, shuffled by byte
/// and deflated, as HDF5's filters do it.
final class ChunkEncoder {
  private let compressor: OpaquePointer
  private var planes: [UInt8] = []

  /// - Parameter level: 1...12 of libdeflate; the archive's files have zlib's 3.
  /// - Returns: `nil` without memory for a compressor.
  init?(level: Int32) {
    guard let compressor = libdeflate_alloc_compressor(level) else { return nil }
    self.compressor = compressor
  }

  deinit { libdeflate_free_compressor(compressor) }

  /// Encodes one chunk.
  ///
  /// - Parameters:
  ///   - packed: One number for every pixel of `runs`.
  ///   - fill: Stored where there is no value, also in the part beyond the grid's edge.
  ///   - origin: First row and column of the chunk.
  ///   - shape: Rows and columns of the chunk; it may reach past the grid.
  /// - Complexity: O(bytes of the chunk).
  func encode<Packed: FixedWidthInteger>(
    _ packed: [Packed], runs: DataRuns, fill: Packed, origin: [Int], shape: [Int]
  ) -> [UInt8] {
    let count = shape[0] * shape[1]
    let width = MemoryLayout<Packed>.size
    let byteCount = count * width
    if planes.count != byteCount { planes = [UInt8](repeating: 0, count: byteCount) }
    planes.withUnsafeMutableBufferPointer { planes in
      for byte in 0..<width {
        let plane = UnsafeMutableBufferPointer(rebasing: planes[byte * count..<(byte + 1) * count])
        plane.update(repeating: UInt8(truncatingIfNeeded: fill >> (8 * byte)))
        scatter(packed, byte: byte, runs: runs, origin: origin, shape: shape, into: plane)
      }
    }
    return deflate(byteCount: byteCount)
  }

  private func scatter<Packed: FixedWidthInteger>(
    _ packed: [Packed], byte: Int, runs: DataRuns, origin: [Int], shape: [Int],
    into plane: UnsafeMutableBufferPointer<UInt8>
  ) {
    let columns = origin[1]..<origin[1] + shape[1]
    packed.withUnsafeBufferPointer { packed in
      for row in origin[0]..<min(origin[0] + shape[0], runs.rowStarts.count - 1) {
        for run in runs.row(row) where run.start < columns.upperBound {
          let start = max(run.start, columns.lowerBound)
          let end = min(run.end, columns.upperBound)
          guard start < end else { continue }
          var target = (row - origin[0]) * shape[1] + start - columns.lowerBound
          for index in run.offset + start - run.start..<run.offset + end - run.start {
            plane[target] = UInt8(truncatingIfNeeded: packed[index] >> (8 * byte))
            target += 1
          }
        }
      }
    }
  }

  private func deflate(byteCount: Int) -> [UInt8] {
    let bound = libdeflate_zlib_compress_bound(compressor, byteCount)
    return [UInt8](unsafeUninitializedCapacity: bound) { target, used in
      used = planes.withUnsafeBytes {
        libdeflate_zlib_compress(compressor, $0.baseAddress, byteCount, target.baseAddress, bound)
      }
    }
  }
}
