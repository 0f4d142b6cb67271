import CF
import NetCDF
import Rechunk
import Zarr

/// Compares the metadata of one array with the variable it was made of.
struct ArrayMetadataCheck {
  let name: String
  let variable: Manifest.Variable
  let metadata: ArrayMetadata
  /// As the granule has it whose attributes the array should have.
  let origin: Witness.Variable
  let sources: YearSources
  let stored: StoredYear

  private func differs(_ reason: String) {
    let place = stored.place("\(name)/\(metadata.format == .v3 ? "zarr.json" : ".zattrs")")
    stored.findings.add(Finding(.differs, place, variable: name, reason))
  }

  /// The dimension along which granules have their steps; `nil` if their time is a scalar.
  static func timeDimension(_ witness: Witness, _ timeName: String?) -> String? {
    timeName.flatMap(witness.variable)?.dimensions.first?.name
  }

  /// - Returns: Whether values can be compared at all.
  func hasSoundShape() -> Bool {
    let type = origin.type ?? .int8
    let time = stored.timeName
    let witness = sources.members.compactMap(\.self).first?.witness
    let dimension = witness.flatMap { Self.timeDimension($0, time) }
    let space = origin.dimensions.filter { $0.name != dimension }
    let expectedShape: [Int]
    let expectedTypes: [DataType]
    switch variable.treatment {
    case .timeCoordinate:
      expectedShape = [sources.steps.count]
      expectedTypes = [.int64, type]
    case .copied:
      expectedShape = origin.dimensions.map(\.length)
      expectedTypes = [type]
    case .kept, .refilled:
      expectedShape = [sources.steps.count] + space.map(\.length)
      expectedTypes = [type]
    case .unpacked:
      expectedShape = [sources.steps.count] + space.map(\.length)
      expectedTypes = [type.byteCount <= 2 ? .float32 : .float64]
    case .repacked:
      expectedShape = [sources.steps.count] + space.map(\.length)
      expectedTypes = DataType.allCases.filter { !$0.isFloatingPoint }
    }
    var isSound = true
    if metadata.shape != expectedShape {
      differs("its shape is \(metadata.shape), the sources make \(expectedShape)")
      isSound = false
    }
    if !expectedTypes.contains(metadata.dataType) {
      differs(
        "its type is \(metadata.dataType.rawValue), the sources make "
          + expectedTypes.map(\.rawValue).joined(separator: " or "))
      isSound = false
    }
    var names = origin.dimensions.map(\.name)
    if variable.treatment != .copied {
      names =
        [dimension ?? time ?? ""] + (variable.treatment == .timeCoordinate ? [] : space.map(\.name))
    }
    if metadata.dimensionNames != names {
      differs("its dimensions are \(metadata.dimensionNames ?? []), the sources make \(names)")
    }
    return isSound
  }

  func checkAttributes() {
    var expected = origin.attributes
    var ignored: Set = ["_FillValue"]
    switch variable.treatment {
    case .timeCoordinate:
      // Its moments are compared, which takes unit and calendar into account.
      ignored.formUnion([
        "units", "calendar", "missing_value", "valid_min", "valid_max", "valid_range",
      ])
    case .kept: checkScaling(&ignored)
    case .refilled, .copied:
      checkScaling(&ignored)
      ignored.insert("missing_value")
    case .unpacked:
      for name in ["scale_factor", "add_offset", "missing_value", "_Unsigned"] {
        expected.set(name, nil)
      }
      ignored.formUnion(LimitCheck.names)
    case .repacked:
      for name in [
        "missing_value", "_Unsigned", "valid_min", "valid_max", "valid_range",
        "actual_range",
      ] { expected.set(name, nil) }
      // What they make of the stored numbers is compared.
      ignored.formUnion(["scale_factor", "add_offset"])
      expected.append(
        Attribute("packing_error", .reals([variable.largestError ?? 0], .float64)))
    }
    let found = metadata.attributes.filter { !ignored.contains($0.name) }
    let wanted = expected.filter { attribute in
      !ignored.contains(attribute.name) && !attribute.name.lowercased().hasPrefix("_nc")
        && !(attribute.name == "missing_value" && attribute.value.doubles.contains(where: \.isNaN))
    }
    for attribute in wanted {
      let theirs = PlainValue.values(of: attribute.value)
      let ours = found[attribute.name].map(PlainValue.values)
      if ours != theirs {
        differs(
          "the attribute \(attribute.name) is \(ours?.text ?? "missing"), the source has "
            + theirs.text)
      }
    }
    for attribute in found where wanted[attribute.name] == nil {
      differs(
        "the attribute \(attribute.name) is \(PlainValue.values(of: attribute.value).text), "
          + "the source has none")
    }
  }

  /// Kept numbers keep their scale and offset, in all granules the same.
  private func checkScaling(_ ignored: inout Set<String>) {
    ignored.formUnion(["scale_factor", "add_offset"])
    for (word, otherwise) in [("scale_factor", 1.0), ("add_offset", 0.0)] {
      let ours = metadata.attributes[word]?.double ?? otherwise
      for member in sources.members {
        guard let member, let theirs = member.witness.variable(name) else { continue }
        let packing = SourcePacking(theirs)
        let expected = word == "scale_factor" ? packing.scale : packing.offset
        guard ours != expected else { continue }
        differs("\(word) is \(ours), \(member.source.location) has \(expected)")
        break
      }
    }
  }

  func checkFill() {
    let packing = SourcePacking(origin)
    switch variable.treatment {
    case .timeCoordinate: return
    case .kept, .refilled, .copied:
      if let fill = packing.missing.first, let bits = metadata.fillBits, bits != fill {
        differs(
          "its fill value is \(metadata.dataType.text(bits)), the source has "
            + packing.type.text(fill))
      }
      let isCoordinate = origin.dimensions.map(\.name) == [name]
      if let fill = origin.attributes["_FillValue"] == nil ? nil : packing.missing.first,
        !isCoordinate, metadata.maskedFillBits != fill
      {
        differs(
          "readers take "
            + (metadata.maskedFillBits.map(metadata.dataType.text) ?? "nothing")
            + " for “no value”, the source has \(packing.type.text(fill))")
      }
    case .unpacked:
      for bits in [metadata.fillBits, metadata.maskedFillBits] {
        if let bits, metadata.dataType.text(bits) != "nan" {
          differs("its fill value is \(metadata.dataType.text(bits)) instead of NaN")
        }
      }
    case .repacked: return
    }
  }
}
