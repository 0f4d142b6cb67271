import Storage

extension StoreCheck {
  static let writing: [StoreCheck] = [
    StoreCheck("a write replaces what was there") { store in
      try await store.write(pattern(1_000), to: key("a/b/c"))
      let before = try await store.info(key("a/b/c"))
      try await store.write(pattern(10), to: key("a/b/c"))
      let after = try await store.info(key("a/b/c"))
      try expect(try await store.read(key("a/b/c")), pattern(10), "value")
      try expect(before?.byteCount, 1_000, "size before")
      try expect(after?.byteCount, 10, "size after")
      try expect(after?.key, key("a/b/c"), "key")
      if let etag = before?.etag { try expect(after?.etag == etag, false, "the etag is the same") }
    },
    StoreCheck("a conditional write of a key that is there is refused") { store in
      try await store.write([1], to: key("lock"), .ifAbsent)
      try await expectError(.alreadyExists(key: key("lock")), "second write") {
        () throws(StoreError) in try await store.write([2], to: key("lock"), .ifAbsent)
      }
      try expect(try await store.read(key("lock")), [1], "value")
    },
    StoreCheck("of several conditional writers one wins") { store in
      let winners = try await withThrowingTaskGroup(of: UInt8?.self) { group in
        for writer in UInt8(0)..<16 {
          group.addTask {
            do throws(StoreError) {
              try await store.write([writer], to: key("a/lock"), .ifAbsent)
              return writer
            } catch {
              try expect(error, .alreadyExists(key: key("a/lock")), "a loser's error")
              return nil
            }
          }
        }
        return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
      }
      try expect(winners.count, 1, "winners")
      try expect(try await store.read(key("a/lock")), winners, "value")
    },
    StoreCheck("readers see the old value or the new one, never a mixture") { store in
      let values = (0..<2).map { [UInt8](repeating: $0, count: 200_000) }
      try await store.write(values[0], to: key("x"))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for turn in 1...10 { try await store.write(values[turn % 2], to: key("x")) }
        }
        group.addTask {
          for _ in 0..<20 {
            let found = try await store.read(key("x"))
            try expect(found == values[0] || found == values[1], true, "one of the two")
          }
        }
        try await group.waitForAll()
      }
    },
    StoreCheck("keys with odd characters are kept apart") { store in
      let names = [
        "a=b", "a+b", "a b", "a,b", "a:b", "a@b", "a%20b", "a%2Fb", "a?b", "a#b", "a&b", "a;b",
        "a'b", "a\"b", "a(b)", "a!b", "a*b", "a~b", "a|b", "a$b", "a[b]", "a{b}", "a^b", "a`b",
        "a<b>", "a\\b", "é", "e\u{301}", "日本語", "😀", ".hidden", "a.b.", "c/0.0/1",
        "lat=-32.5,lon=115",
      ]
      for (index, name) in names.enumerated() {
        try await store.write([UInt8(index)], to: key("odd/\(name)"))
      }
      for (index, name) in names.enumerated() {
        try expect(try await store.read(key("odd/\(name)")), [UInt8(index)], name)
        try expect(try await store.info(key("odd/\(name)"))?.byteCount, 1, name)
      }
      let listed = try await store.list(key("odd"), recursive: true).objects.map(\.key)
      try expect(listed, names.map { key("odd/\($0)") }.sorted(), "listed")
    },
  ]

  static let uploading: [StoreCheck] = [
    StoreCheck("an upload appears whole when it is finished") { store in
      let pieces = [3_000, 0, 5 << 20, 6 << 20, 17].enumerated().map {
        pattern($0.element, seed: UInt64($0.offset + 1))
      }
      let upload = try await store.upload(to: key("a/big"))
      for piece in pieces { try await upload.append(piece) }
      try expect(try await store.read(key("a/big")), nil, "before the end")
      try expect(try await store.list(nil, recursive: true).objects.count, 0, "listed before")
      try await upload.finish()
      try expect(try await store.read(key("a/big")) == pieces.reduce([], +), true, "equal bytes")
      await upload.cancel()
      try expect(
        try await store.info(key("a/big"))?.byteCount, pieces.reduce(0) { $0 + $1.count }, "size")
    },
    StoreCheck("an upload may be small or empty") { store in
      let small = try await store.upload(to: key("small"))
      try await small.append([1, 2, 3])
      try await small.finish()
      try await store.upload(to: key("empty")).finish()
      try expect(try await store.read(key("small")), [1, 2, 3], "small")
      try expect(try await store.read(key("empty")), [], "empty")
    },
    StoreCheck("a cancelled upload leaves what was there") { store in
      try await store.write([1], to: key("x"))
      let upload = try await store.upload(to: key("x"))
      try await upload.append(pattern(9 << 20))
      await upload.cancel()
      try expect(try await store.read(key("x")), [1], "value")
      try expect(try await store.list(nil, recursive: true).objects.map(\.key), [key("x")], "keys")
    },
    StoreCheck("what was written can be made to last") { store in
      try await store.persist([])
      let keys = (0..<300).map { key("many/\($0)") }
      for key in keys { try await store.write([1], to: key) }
      try await store.persist(Array(keys.prefix(3)))
      try await store.persist(keys)
    },
    StoreCheck("unfinished uploads can be removed, and finished ones stay") { store in
      try await store.write([1], to: key("a/x"))
      let upload = try await store.upload(to: key("a/y"))
      try await upload.append(pattern(9 << 20))
      for found in try await store.unfinishedUploads(below: nil) {
        try expect(found.isBelow(key("a")), true, "\(found) is unfinished")
      }
      try await store.removeUnfinishedUploads(below: key("a"))
      try await store.removeUnfinishedUploads(below: nil)
      try expect(try await store.unfinishedUploads(below: nil), [], "unfinished")
      try expect(
        try await store.list(nil, recursive: true).objects.map(\.key), [key("a/x")], "keys")
      await upload.cancel()
    },
  ]
}
