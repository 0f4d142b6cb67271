import Storage

extension StoreCheck {
  static let reading: [StoreCheck] = [
    StoreCheck("an absent key reads as nil") { store in
      try expect(try await store.read(key("a/b"), .all), nil, "all")
      try expect(try await store.read(key("a/b"), .bounds(0..<1)), nil, "bounds")
      try expect(try await store.read(key("a/b"), .bounds(3..<3)), nil, "empty bounds")
      try expect(try await store.read(key("a/b"), .suffix(1)), nil, "suffix")
      try expect(try await store.info(key("a/b")), nil, "info")
      try expect(store.localPath(of: key("a/b")) == "", false, "no empty path")
    },
    StoreCheck("a key above or below another value's is absent") { store in
      try await store.write([1], to: key("a/b"))
      try expect(try await store.read(key("a"), .all), nil, "above")
      try expect(try await store.info(key("a")), nil, "above")
      try expect(try await store.read(key("a/b/c"), .all), nil, "below")
      try expect(try await store.info(key("a/b/c")), nil, "below")
    },
    StoreCheck("ranges answer exactly the bytes asked for") { store in
      let bytes = pattern(100_000)
      try await store.write(bytes, to: key("x"))
      try expect(try await store.read(key("x")), bytes, "all")
      for range in [
        0..<1, 0..<100_000, 99_999..<100_000, 12_345..<54_321, 7..<7, 100_000..<100_000,
      ] {
        try expect(try await store.read(key("x"), .bounds(range)), Array(bytes[range]), "\(range)")
      }
      for count in [0, 1, 4_000, 100_000, 100_001] {
        try expect(
          try await store.read(key("x"), .suffix(count)), Array(bytes.suffix(count)),
          "the last \(count)")
      }
    },
    StoreCheck("a range past the end is an error that says how long the value is") { store in
      try await store.write(pattern(10), to: key("x"))
      for range in [5..<11, 10..<11, 11..<11, 11..<20, 0..<(1 << 60)] {
        try await expectError(.rangeOutOfBounds(range, byteCount: 10, key: key("x")), "\(range)") {
          () throws(StoreError) in _ = try await store.read(key("x"), .bounds(range))
        }
      }
    },
    StoreCheck("an empty value is there") { store in
      try await store.write([], to: key("empty"))
      try expect(try await store.read(key("empty")), [], "all")
      try expect(try await store.read(key("empty"), .suffix(8)), [], "suffix")
      try expect(try await store.read(key("empty"), .bounds(0..<0)), [], "bounds")
      try expect(try await store.info(key("empty"))?.byteCount, 0, "info")
      try await expectError(.rangeOutOfBounds(0..<1, byteCount: 0, key: key("empty")), "0..<1") {
        () throws(StoreError) in _ = try await store.read(key("empty"), .bounds(0..<1))
      }
    },
    StoreCheck("several ranges come back in their order") { store in
      let bytes = pattern(300_000)
      try await store.write(bytes, to: key("x"))
      let ranges = [
        200_000..<200_100, 0..<16, 16..<32, 8..<24, 299_999..<300_000, 5..<5, 40..<90_000, 16..<32,
      ]
      for gapLimit in [0, 64, 1 << 20] {
        let parts = try await store.read(key("x"), ranges: ranges, gapLimit: gapLimit)
        try expect(parts, ranges.map { Array(bytes[$0]) }, "gap limit \(gapLimit)")
      }
      try expect(
        try await store.read(key("y"), ranges: [0..<1, 9..<10], gapLimit: 0), nil, "absent")
      try expect(try await store.read(key("x"), ranges: []), [], "no ranges")
      try await expectError(
        .rangeOutOfBounds(300_000..<300_001, byteCount: 300_000, key: key("x")), "outside"
      ) { () throws(StoreError) in
        _ = try await store.read(key("x"), ranges: [0..<1, 300_000..<300_001], gapLimit: 0)
      }
    },
    StoreCheck("many reads at once give each its own bytes") { store in
      let bytes = pattern(64_000)
      try await store.write(bytes, to: key("x"))
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<64 {
          group.addTask {
            let range = index * 1_000..<(index + 1) * 1_000
            try expect(
              try await store.read(key("x"), .bounds(range)), Array(bytes[range]), "\(range)")
          }
        }
        try await group.waitForAll()
      }
    },
  ]
}
