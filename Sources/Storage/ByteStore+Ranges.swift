extension ByteStore {
  /// Reads parts of a value, those near each other with one request.
  ///
  /// - Parameters:
  ///   - ranges: In any order; they may overlap.
  ///   - gapLimit: The most bytes between two ranges that are read along rather than apart.
  ///   - concurrency: The most requests at once.
  /// - Returns: One element per range, in their order; `nil` if the key is absent.
  public func read(
    _ key: StoreKey, ranges: [Range<Int>], gapLimit: Int = 1 << 16, concurrency: Int = 8
  ) async throws(StoreError) -> [[UInt8]]? {
    let plan = CoalescedRanges(ranges, gapLimit: gapLimit)
    if plan.merged.count == 1 {
      guard let bytes = try await read(key, .bounds(plan.merged[0].range)) else { return nil }
      var parts = [[UInt8]](repeating: [], count: ranges.count)
      plan.merged[0].cut(bytes, ranges, into: &parts)
      return parts
    }
    let result = await withTaskGroup(
      of: RangeAnswer.self, returning: Result<[[UInt8]]?, StoreError>.self
    ) { group in
      var parts = [[UInt8]](repeating: [], count: ranges.count)
      var waiting = plan.merged[...]
      for merged in waiting.prefix(concurrency) {
        group.addTask { await answer(key, merged) }
      }
      waiting = waiting.dropFirst(concurrency)
      while let answer = await group.next() {
        switch answer.bytes {
        case .success(let bytes?): answer.merged.cut(bytes, ranges, into: &parts)
        case .success(nil):
          group.cancelAll()
          return .success(nil)
        case .failure(let error):
          group.cancelAll()
          return .failure(error)
        }
        if let merged = waiting.popFirst() {
          group.addTask { await self.answer(key, merged) }
        }
      }
      return .success(parts)
    }
    return try result.get()
  }

  private func answer(
    _ key: StoreKey, _ merged: CoalescedRanges.Merged
  ) async -> RangeAnswer {
    do throws(StoreError) {
      return RangeAnswer(
        merged: merged, bytes: .success(try await read(key, .bounds(merged.range))))
    } catch {
      return RangeAnswer(merged: merged, bytes: .failure(error))
    }
  }
}

/// What came of one request.
private struct RangeAnswer: Sendable {
  let merged: CoalescedRanges.Merged
  let bytes: Result<[UInt8]?, StoreError>
}

/// Ranges grouped into fewer, larger ones.
struct CoalescedRanges: Sendable {
  struct Merged: Sendable {
    var range: Range<Int>
    /// Which of the ranges it was made of.
    var members: [Int]

    /// Copies each member's part out of the merged range's bytes.
    func cut(_ bytes: [UInt8], _ ranges: [Range<Int>], into parts: inout [[UInt8]]) {
      for member in members {
        let wanted = ranges[member]
        parts[member] =
          wanted == range
          ? bytes
          : [UInt8](
            bytes[(wanted.lowerBound - range.lowerBound)..<(wanted.upperBound - range.lowerBound)])
      }
    }
  }

  /// More than this is not read at once, whatever the gaps.
  static let mergedByteLimit = 16 << 20

  /// Ascending; each range is a member of one.
  private(set) var merged: [Merged] = []

  init(_ ranges: [Range<Int>], gapLimit: Int) {
    let order = ranges.indices.sorted {
      (ranges[$0].lowerBound, ranges[$0].upperBound) < (
        ranges[$1].lowerBound, ranges[$1].upperBound
      )
    }
    for index in order {
      let range = ranges[index]
      if let last = merged.last?.range,
        range.lowerBound <= last.upperBound || range.lowerBound - last.upperBound <= gapLimit,
        range.upperBound <= last.upperBound
          || range.upperBound - last.lowerBound <= Self.mergedByteLimit
      {
        merged[merged.count - 1].range =
          last.lowerBound..<max(last.upperBound, range.upperBound)
        merged[merged.count - 1].members.append(index)
      } else {
        merged.append(Merged(range: range, members: [index]))
      }
    }
  }
}
