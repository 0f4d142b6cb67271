import CF
public import Storage
public import Zarr

/// Why an array couldn't be written.
public enum ArrayWriteError: Error, Hashable, Sendable, CustomStringConvertible {
  case encoding(path: String, CodecError)
  case store(StoreError)

  public var description: String {
    switch self {
    case .encoding(let path, let error): "\(path): \(error)"
    case .store(let error): "\(error)"
    }
  }
}

extension ArraySpec {
  /// Writes one chunk of an array that isn't sharded.
  ///
  /// - Parameter encoded: From ``ChunkEncoder``.
  public func writeChunk(
    _ coordinates: [Int], encoded: [UInt8], to store: any ByteStore
  ) async throws(StoreError) -> ObjectRecord {
    precondition(shardShape == nil, "\(path) is sharded")
    let key = key(ofObject: coordinates)
    try await store.write(encoded, to: key)
    return ObjectRecord(
      key: key, byteCount: encoded.count, crc32c: CRC32C.checksum(encoded))
  }

  /// Writes an array that fits in memory, every chunk of it, also those that hold only fill.
  ///
  /// - Parameter bytes: All elements, in C order, little-endian.
  /// - Returns: One record for each object, in C order.
  public func writeArray(
    _ bytes: [UInt8], to store: any ByteStore
  ) async throws(ArrayWriteError) -> [ObjectRecord] {
    precondition(bytes.count == shape.reduce(dataType.byteCount, *), "the whole array is needed")
    let encoder: ChunkEncoder
    do { encoder = try ChunkEncoder(self) } catch { throw .encoding(path: path, error) }
    var records: [ObjectRecord] = []
    for object in objectGrid.chunks {
      if shardShape == nil {
        let chunk = try encode(object, of: bytes, by: encoder)
        do { records.append(try await writeChunk(object, encoded: chunk, to: store)) } catch {
          throw .store(error)
        }
      } else {
        if let record = try await writeShard(object, of: bytes, by: encoder, to: store) {
          records.append(record)
        }
      }
    }
    return records
  }

  private func writeShard(
    _ coordinates: [Int], of bytes: [UInt8], by encoder: ChunkEncoder, to store: any ByteStore
  ) async throws(ArrayWriteError) -> ObjectRecord? {
    let shard = ShardWriter(spec: self, shard: coordinates, store: store)
    do throws(ArrayWriteError) {
      for chunk in chunks(inShard: coordinates) {
        let isInside = zip(chunk, grid.shape).allSatisfy { $0 < $1 }
        let encoded = isInside ? try encode(chunk, of: bytes, by: encoder) : nil
        do { try await shard.append(encoded) } catch { throw .store(error) }
      }
      do { return try await shard.finish() } catch { throw .store(error) }
    } catch {
      await shard.cancel()
      throw error
    }
  }

  private func encode(
    _ chunk: [Int], of bytes: [UInt8], by encoder: ChunkEncoder
  ) throws(ArrayWriteError) -> [UInt8] {
    let size = dataType.byteCount
    var plain = dataType.bytes(of: fillBits ?? 0, filling: chunkByteCount)
    bytes.withUnsafeBytes { source in
      plain.withUnsafeMutableBytes { target in
        let region = grid.region(ofChunk: chunk)
        Box(shape: shape, elementSize: size).copy(
          region, from: source,
          to: Box(shape: chunkShape, elementSize: size), at: region.map { _ in 0 }, target)
      }
    }
    do {
      return try plain.withUnsafeBufferPointer { (buffer) throws(CodecError) in
        try encoder.encode(UnsafeRawBufferPointer(buffer))
      }
    } catch { throw .encoding(path: path, error) }
  }
}
