import CF
import Zarr

/// A Zarr array with time, latitude and longitude among its dimensions.
struct SeriesArray: Sendable {
  let array: ZarrArray
  let axes: SeriesAxes
  let packing: Packing

  /// Decoded bytes held at once, at most, if no single chunk has more.
  private static let batchByteLimit = 128 << 20

  /// Reads some pixels' values, each chunk once, however many pixels it holds.
  ///
  /// - Returns: Shape `[pixels.count, steps.count]`.
  func values(at pixels: [Pixel], steps: Range<Int>) async throws(ZarrError) -> SeriesValues {
    let size = array.metadata.dataType.byteCount
    // What an absent chunk holds; a chunk that has no such value is refused when it is read.
    var stored = array.metadata.dataType.bytes(
      of: array.metadata.fillBits ?? 0, filling: pixels.count * steps.count * size)
    let wanted = chunks(for: pixels, steps: steps)
    let strides = Strides(array.metadata.chunkShape, axes, size)
    let perBatch = max(1, Self.batchByteLimit / max(1, array.metadata.chunkByteCount))
    for start in stride(from: 0, to: wanted.count, by: perBatch) {
      let batch = wanted[start..<min(start + perBatch, wanted.count)]
      let chunks = try await array.read(chunks: batch.map(\.coordinates))
      stored.withUnsafeMutableBytes { stored in
        for (chunk, want) in zip(chunks, batch) {
          chunk.bytes?.withUnsafeBytes { bytes in
            for index in want.pixels {
              gather(
                bytes, chunk.coordinates, pixels[index], steps, size, strides,
                into: UnsafeMutableRawBufferPointer(
                  rebasing: stored[(index * steps.count * size)...]))
            }
          }
        }
      }
    }
    return SeriesValues(unpacking: stored, packing)
  }

  /// A chunk's extents, and bytes from one of its numbers to the next along each of them.
  private struct Strides {
    let height: Int
    let width: Int
    /// 1 if there is no time.
    let duration: Int
    let row: Int
    let column: Int
    let step: Int

    init(_ extents: [Int], _ axes: SeriesAxes, _ size: Int) {
      func stride(_ axis: Int) -> Int { extents[(axis + 1)...].reduce(size, *) }
      height = extents[axes.latitude]
      width = extents[axes.longitude]
      duration = axes.time.map { extents[$0] } ?? 1
      row = stride(axes.latitude)
      column = stride(axes.longitude)
      step = axes.time.map(stride) ?? 0
    }
  }

  private struct WantedChunk {
    let coordinates: [Int]
    /// Indexes of the pixels in it.
    var pixels: [Int]
  }

  /// The chunks that hold the pixels, those of one place in space and all times together.
  private func chunks(for pixels: [Pixel], steps: Range<Int>) -> [WantedChunk] {
    guard !steps.isEmpty else { return [] }
    let extents = array.metadata.chunkShape
    var places: [Pixel: Int] = [:]
    var wanted: [[Int]] = []
    var order: [Pixel] = []
    var last: (place: Pixel, number: Int)?
    for (index, pixel) in pixels.enumerated() {
      let place = Pixel(
        row: pixel.row / extents[axes.latitude], column: pixel.column / extents[axes.longitude])
      // Neighbours mostly lie in one chunk.
      if let last, last.place == place {
        wanted[last.number].append(index)
        continue
      }
      let number = places[place] ?? wanted.count
      if number == wanted.count {
        places[place] = number
        wanted.append([])
        order.append(place)
      }
      wanted[number].append(index)
      last = (place, number)
    }
    var times = 0...0
    if let time = axes.time {
      times = steps.lowerBound / extents[time]...(steps.upperBound - 1) / extents[time]
    }
    return zip(order, wanted).flatMap { place, pixels in
      times.map { time in
        var coordinates = [Int](repeating: 0, count: axes.rank)
        coordinates[axes.latitude] = place.row
        coordinates[axes.longitude] = place.column
        if let axis = axes.time { coordinates[axis] = time }
        return WantedChunk(coordinates: coordinates, pixels: pixels)
      }
    }
  }

  /// Copies one pixel's numbers out of a chunk.
  ///
  /// - Parameter series: From the pixel's first step on.
  private func gather(
    _ chunk: UnsafeRawBufferPointer, _ coordinates: [Int], _ pixel: Pixel, _ steps: Range<Int>,
    _ size: Int, _ strides: Strides, into series: UnsafeMutableRawBufferPointer
  ) {
    let offset =
      pixel.row % strides.height * strides.row + pixel.column % strides.width * strides.column
    guard let time = axes.time else {
      series.copyMemory(from: UnsafeRawBufferPointer(rebasing: chunk[offset..<offset + size]))
      return
    }
    let start = coordinates[time] * strides.duration
    let held = (start..<start + strides.duration).clamped(to: steps)
    let step = strides.step
    var source = offset + (held.lowerBound - start) * step
    var target = (held.lowerBound - steps.lowerBound) * size
    func copy<Word: BitwiseCopyable>(_: Word.Type) {
      for _ in held {
        let word = chunk.loadUnaligned(fromByteOffset: source, as: Word.self)
        series.storeBytes(of: word, toByteOffset: target, as: Word.self)
        source += step
        target += size
      }
    }
    switch size {
    case 1: copy(UInt8.self)
    case 2: copy(UInt16.self)
    case 4: copy(UInt32.self)
    default: copy(UInt64.self)
    }
  }
}
