import Storage

extension StoreCheck {
  private static let names = ["a", "a-b/c", "a/b", "a/b2/c/d", "a/b2/e", "ab", "b/1", "é/x"]

  private static func filled(_ store: any ByteStore, but hidden: String) async throws -> [String] {
    let names = names.filter { $0 != hidden }
    for name in names.reversed() { try await store.write(Array(name.utf8), to: key(name)) }
    return names
  }

  static let listing: [StoreCheck] = [
    StoreCheck("an empty store lists nothing") { store in
      try expect(try await store.list(nil, recursive: true), Listing(), "recursive")
      try expect(try await store.list(nil, recursive: false), Listing(), "one level")
      try expect(try await store.list(key("a/b"), recursive: true), Listing(), "prefix")
    },
    StoreCheck("a recursive listing has all keys below a prefix in the order of their UTF-8") {
      store in
      // “a” is left out: in a folder it can't be there beside “a/b”.
      let names = try await filled(store, but: "a")
      let all = try await store.list(nil, recursive: true)
      try expect(all.objects.map(\.key.text), names, "all")
      try expect(all.objects.map(\.byteCount), names.map(\.utf8.count), "sizes")
      try expect(all.prefixes, [], "prefixes")
      try expect(
        try await store.list(key("a"), recursive: true).objects.map(\.key.text),
        ["a/b", "a/b2/c/d", "a/b2/e"], "below a")
      try expect(try await store.list(key("ab"), recursive: true), Listing(), "below a value")
    },
    StoreCheck("a listing of one level names what lies deeper as prefixes") { store in
      _ = try await filled(store, but: "a")
      let top = try await store.list(nil, recursive: false)
      try expect(top.objects.map(\.key.text), ["ab"], "objects")
      try expect(top.prefixes.map(\.text), ["a", "a-b", "b", "é"], "prefixes")
      let below = try await store.list(key("a"), recursive: false)
      try expect(below.objects.map(\.key.text), ["a/b"], "objects below a")
      try expect(below.prefixes.map(\.text), ["a/b2"], "prefixes below a")
    },
    StoreCheck("what a listing says of a value is what info says") { store in
      _ = try await filled(store, but: "a")
      for object in try await store.list(nil, recursive: true).objects {
        let info = try await store.info(object.key)
        try expect(info?.byteCount, object.byteCount, "size of \(object.key)")
        try expect(info?.etag, object.etag, "etag of \(object.key)")
      }
    },
  ]

  static let deleting: [StoreCheck] = [
    StoreCheck("deleted values are gone, and absent ones are no error") { store in
      _ = try await filled(store, but: "a")
      try await store.delete([])
      try await store.delete([key("a/b2/c/d"), key("nowhere/at/all"), key("b/1"), key("é/x")])
      try expect(
        try await store.list(nil, recursive: true).objects.map(\.key.text),
        ["a-b/c", "a/b", "a/b2/e", "ab"], "left")
      try expect(try await store.read(key("b/1")), nil, "deleted")
      try await store.delete([key("a/b"), key("a/b2/e")])
      try expect(
        try await store.list(nil, recursive: false).prefixes.map(\.text), ["a-b"], "no empty prefix"
      )
      try await store.write([1], to: key("a/b"))
      try expect(try await store.read(key("a/b")), [1], "written again")
    },
    StoreCheck("a prefix is not deleted with its name") { store in
      try await store.write([1], to: key("a/b"))
      try await store.delete([key("a")])
      try expect(try await store.read(key("a/b")), [1], "below")
    },
  ]
}
