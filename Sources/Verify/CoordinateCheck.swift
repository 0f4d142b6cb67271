import CF
import NetCDF
import Rechunk
import Storage
import Zarr

/// Compares the time coordinate, and the arrays that have no time, with the granules.
struct CoordinateCheck {
  let stored: StoredYear
  let sources: YearSources
  let library: SourceLibrary
  let arrays: [StoredArray]

  func run() async {
    for array in arrays where array.isSound {
      switch array.variable.treatment {
      case .timeCoordinate: await checkTime(array)
      case .copied: await checkCopy(array)
      case .kept, .refilled, .unpacked, .repacked: break
      }
    }
  }

  private func checkTime(_ array: StoredArray) async {
    guard let units = array.metadata.attributes["units"]?.text,
      let calendar = CFCalendar(attribute: array.metadata.attributes["calendar"]?.text),
      let clock = TimeUnits(units, calendar: calendar)
    else {
      stored.findings.add(
        Finding(
          .differs, stored.place(array.name), variable: array.name,
          "its units and calendar are none of time"))
      return
    }
    guard let bytes = await values(of: array) else { return }
    let moments = clock.moments(of: bytes, array.metadata.dataType)
    for (position, (moment, step)) in zip(moments, sources.steps).enumerated()
    where moment != step.time {
      var finding = Finding(
        .differs, stored.place(array.place(of: [position]).key.text), variable: array.name,
        time: step.time, "step \(position) is at \(moment), its granule's at \(step.time)")
      (finding.element, finding.found, finding.expected) = ([position], moment, step.time)
      stored.findings.add(finding)
    }
  }

  private func checkCopy(_ array: StoredArray) async {
    guard let location = array.variable.valuesFrom, let entry = await library.entry(location),
      let variable = entry.witness.variable(array.name), let bytes = await values(of: array)
    else { return }
    let place = stored.place(array.name)
    do throws(GranuleError) {
      let theirs = try await library.parser.witnessed(
        [Window(variable: array.name, region: nil)], in: entry.source)[0]
      let rule = ValueRule(array.variable.treatment, source: variable, array: array.metadata)
      let expected = rule.expected(theirs).bytes
      guard expected.count == bytes.count else {
        stored.findings.add(
          Finding(
            .differs, place, variable: array.name,
            "it holds \(bytes.count) bytes, \(location) \(expected.count)"))
        return
      }
      let type = array.metadata.dataType
      let mismatch = Mismatch(found: bytes[...], expected: expected, type: type)
      guard let first = mismatch.first else { return }
      let element = position(of: first, in: array.metadata.shape)
      var finding = Finding(
        .differs, stored.place(array.place(of: element).key.text), variable: array.name,
        "\(mismatch.count) of its values aren't those of \(location), the first at \(element): "
          + "\(type.text(mismatch.foundBits)) instead of \(type.text(mismatch.expectedBits))")
      finding.element = element
      finding.found = type.text(mismatch.foundBits)
      finding.expected = type.text(mismatch.expectedBits)
      stored.findings.add(finding)
    } catch {
      stored.findings.add(
        Finding(.unreadable, location, variable: array.name, "\(error.reason)"))
    }
  }

  private func values(of array: StoredArray) async -> [UInt8]? {
    do throws(ZarrError) {
      return try await array.array.read(array.metadata.shape.map { 0..<$0 })
    } catch {
      stored.findings.add(
        Finding(error.status, stored.place(array.name), variable: array.name, "\(error)"))
      return nil
    }
  }
}

/// The coordinates of an element that is counted in C order.
func position(of index: Int, in shape: [Int]) -> [Int] {
  var rest = index
  var position = shape
  for axis in shape.indices.reversed() {
    position[axis] = shape[axis] > 0 ? rest % shape[axis] : 0
    rest /= max(1, shape[axis])
  }
  return position
}
