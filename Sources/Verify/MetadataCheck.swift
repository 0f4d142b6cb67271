import CF
import NetCDF
import Rechunk
import Storage
import Zarr

/// Compares what a store says of its arrays with what the granules say of their variables, and
/// the consolidated copy of the metadata with the originals.
struct MetadataCheck {
  let stored: StoredYear
  let sources: YearSources
  let library: SourceLibrary

  /// - Returns: The arrays that can be read, and what the year's granules leave open.
  func run() async -> (arrays: [StoredArray], doubts: [Doubt]) {
    var arrays: [StoredArray] = []
    var doubts: [Doubt] = []
    for (name, variable) in stored.manifest.variables.sorted(by: { $0.key < $1.key }) {
      do throws(ZarrError) {
        let array = try await ZarrArray.open(store: stored.store, path: name)
        let origin = await library.entry(variable.attributesFrom)?.witness.variable(name)
        var isSound = true
        if let origin {
          let check = ArrayMetadataCheck(
            name: name, variable: variable, metadata: array.metadata, origin: origin,
            sources: sources, stored: stored)
          isSound = check.hasSoundShape()
          check.checkAttributes()
          check.checkFill()
        }
        if variable.treatment == .unpacked {
          let check = LimitCheck(
            name: name, metadata: array.metadata, sources: sources, stored: stored)
          doubts += check.run()
        }
        arrays.append(
          StoredArray(name: name, variable: variable, array: array, isSound: isSound))
      } catch {
        let document = stored.manifest.format == 3 ? "zarr.json" : ".zarray"
        stored.findings.add(
          Finding(error.status, stored.place("\(name)/\(document)"), variable: name, "\(error)"))
      }
    }
    doubts += await checkRoot(arrays)
    return (arrays, doubts)
  }

  private func checkRoot(_ arrays: [StoredArray]) async -> [Doubt] {
    var doubts: [Doubt] = []
    let isV3 = stored.manifest.format == 3
    let key = isV3 ? "zarr.json" : ".zmetadata"
    let place = stored.place(key)
    do throws(ZarrError) {
      let group = try await ZarrGroup.open(store: stored.store)
      for name in group.arrayNames where stored.manifest.variables[name] == nil {
        stored.findings.add(
          Finding(.unexpected, place, variable: name, "lists an array that isn't in the manifest"))
      }
      for array in arrays where !group.arrayNames.contains(array.name) {
        stored.findings.add(
          Finding(.differs, place, variable: array.name, "doesn't list the array"))
      }
      checkShared(group.attributes, place)
      doubts = missing(in: group.attributes, place)
    } catch {
      stored.findings.add(Finding(error.status, place, "\(error)"))
      return []
    }
    await checkCopies(arrays, key: StoreKey(literal: key), isV3: isV3)
    return doubts
  }

  /// Global attributes are those that all granules have alike.
  private func checkShared(_ attributes: [Attribute], _ place: String) {
    for attribute in attributes {
      for member in sources.members {
        guard let member else { continue }
        let found = PlainValue.values(of: attribute.value)
        let theirs = member.witness.attributes[attribute.name].map(PlainValue.values)
        guard theirs != found else { continue }
        stored.findings.add(
          Finding(
            .differs, place,
            "the attribute \(attribute.name) is \(found.text), in \(member.source.location) "
              + (theirs.map { "it is \($0.text)" } ?? "there is none")))
        break
      }
    }
  }

  /// Global attributes that all granules of the year have alike, and the store doesn't have: one of
  /// another year has to have it otherwise.
  private func missing(in attributes: [Attribute], _ place: String) -> [Doubt] {
    let witnesses = sources.members.compactMap { $0?.witness }
    guard let first = witnesses.first, witnesses.count == sources.members.count else { return [] }
    return first.attributes.filter { attribute in
      attributes[attribute.name] == nil && !attribute.name.lowercased().hasPrefix("_nc")
        && witnesses.allSatisfy { $0.attributes.contains(attribute) }
    }.map { attribute in
      Doubt(
        finding: Finding(
          .differs, place,
          "the attribute \(attribute.name) is missing, in all granules it is "
            + PlainValue.values(of: attribute.value).text)
      ) { !$0.attributes.contains(attribute) }
    }
  }

  /// Every member of the consolidated metadata must be what the array's own object says.
  private func checkCopies(_ arrays: [StoredArray], key: StoreKey, isV3: Bool) async {
    guard let root = await document(key) else { return }
    await checkObjectCopies(root, in: key)
    let copies =
      isV3
      ? root["consolidated_metadata"]?.object?["metadata"]?.object : root["metadata"]?.object
    for array in arrays {
      for name in isV3 ? ["zarr.json"] : [".zarray", ".zattrs"] {
        let own = StoreKey(literal: "\(array.name)/\(name)")
        guard let original = await document(own) else { continue }
        let copy = copies?[isV3 ? array.name : own.text]?.object
        for (member, found, expected) in differences(copy ?? [:], original) {
          stored.findings.add(
            Finding(
              .differs, stored.place(key.text), variable: array.name,
              "its copy of \(own) has another “\(member)”: \(found) instead of \(expected)"))
        }
      }
    }
  }

  /// Root metadata may hold copies of small objects, which our readers take for the originals.
  private func checkObjectCopies(_ root: JSONObject, in key: StoreKey) async {
    let copies = root["consolidated_metadata"]?.object?[ObjectCopy.memberName]?.object
    for copy in copies?.members ?? [] {
      let original: [UInt8]?
      do { original = try await stored.store.read(try StoreKey(copy.name)) } catch { continue }
      guard original != copy.value.string.flatMap(Base64.decode) else { continue }
      stored.findings.add(
        Finding(
          .differs, stored.place(key.text),
          variable: copy.name.split(separator: "/").first.map(String.init),
          "its copy of \(copy.name) isn't what that object holds"))
    }
  }

  /// The members that differ, those of attributes by their own names.
  private func differences(
    _ copy: JSONObject, _ original: JSONObject
  ) -> [(member: String, found: String, expected: String)] {
    var names = original.names
    names += copy.names.filter { !names.contains($0) }
    return names.filter { copy[$0] != original[$0] }.flatMap { name in
      if name == "attributes", let inner = copy[name]?.object, let whole = original[name]?.object {
        return differences(inner, whole)
      }
      return [(name, text(copy[name]), text(original[name]))]
    }
  }

  private func text(_ value: JSONValue?) -> String {
    let whole = value?.text(indented: false) ?? "none"
    return whole.count > 80 ? whole.prefix(79) + "…" : whole
  }

  /// - Returns: `nil` if it can't be read, which the census or opening the array says then.
  private func document(_ key: StoreKey) async -> JSONObject? {
    do {
      guard let bytes = try await stored.store.read(key) else { return nil }
      return try JSONValue(parsing: bytes).object
    } catch { return nil }
  }
}
