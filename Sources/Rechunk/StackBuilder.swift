import CF
import NetCDF

/// Puts probed granules together: one product, one grid, one calendar, in order of time.
struct StackBuilder {
  let options: StackScanner.Options
  /// The global attributes that all granules have alike.
  let attributes: [Attribute]

  func stack(of all: [GranuleProbe], quarantined bad: [QuarantinedGranule]) throws -> Stack {
    let product = try oneProduct(all)
    let (probes, grid, strangers) = try oneGrid(all)
    try oneCalendar(probes)
    let names = probes.map(\.source.location)
    let ordered = probes.sorted {
      ($0.instants[0], $0.source.location) < ($1.instants[0], $1.source.location)
    }
    let members = ordered.map {
      StackMember(
        source: $0.source, granule: $0.granule, instants: $0.instants, time: $0.time,
        fixedDigests: $0.fixedDigests)
    }
    var steps = members.indices.flatMap { member in
      members[member].instants.enumerated().map {
        StackStep(member: member, index: $0.offset, instant: $0.element)
      }
    }
    steps.sort { ($0.instant, $0.member, $0.index) < ($1.instant, $1.member, $1.index) }
    let byName = ordered.map(\.source.location)
    return Stack(
      request: options.request, product: product, attributes: attributes, members: members,
      steps: steps, grid: grid,
      timeName: ordered[0].time.name, timeDimension: ordered[0].timeDimension,
      variables: try StackVariables(members: members, timeDimension: ordered[0].timeDimension)
        .all(timeName: ordered[0].time.name),
      quarantined: bad + strangers,
      unsortedNames: zip(byName, names.sorted()).filter { $0 != $1 }.map(\.0))
  }

  /// The title, dates and version numbers aside.
  private func productName(_ granule: Granule) -> String? {
    guard let title = granule.attributes["title"]?.text else { return nil }
    var name = ""
    var inNumber = false
    for character in title {
      let digit = character.isNumber
      if !digit { name.append(character) } else if !inNumber { name.append("#") }
      inNumber = digit
    }
    return name
  }

  private func oneProduct(_ probes: [GranuleProbe]) throws -> String? {
    let groups = Dictionary(grouping: probes) { productName($0.granule) ?? "no title" }
    if groups.count > 1, options.request.product == nil {
      throw StackError.mixedProducts(describe(groups))
    }
    return probes[0].granule.attributes["title"]?.text
  }

  private func describe(_ groups: [String: [GranuleProbe]]) -> [StackGroup] {
    groups.map { name, probes in
      StackGroup(name: name, count: probes.count, example: probes[0].source.location)
    }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  /// The grid of most granules; the others are an error, or left out under `skipBad`.
  private func oneGrid(
    _ probes: [GranuleProbe]
  ) throws -> (probes: [GranuleProbe], grid: Grid, strangers: [QuarantinedGranule]) {
    var grids: [(grid: Grid, probes: [GranuleProbe])] = []
    for probe in probes {
      let grid = gridOfData(probe)
      if let index = grids.firstIndex(where: { $0.grid.difference(from: grid) == nil }) {
        grids[index].probes.append(probe)
      } else {
        grids.append((grid, [probe]))
      }
    }
    guard let main = grids.max(by: { $0.probes.count < $1.probes.count }) else {
      throw StackError.noInput
    }
    guard grids.count > 1 else { return (main.probes, main.grid, []) }
    guard options.skipBad else {
      throw StackError.mixedGrids(
        grids.map {
          StackGroup(
            name: $0.grid.description, count: $0.probes.count,
            example: $0.probes[0].source.location)
        })
    }
    var strangers: [QuarantinedGranule] = []
    for (grid, probes) in grids {
      guard let (dimension, reason) = main.grid.difference(from: grid) else { continue }
      strangers += probes.map {
        QuarantinedGranule(
          location: $0.source.location,
          problem: .otherGrid(dimension: dimension, reason: reason))
      }
    }
    return (main.probes, main.grid, strangers)
  }

  /// The axes that variables with time have; all axes where none has time.
  private func gridOfData(_ probe: GranuleProbe) -> Grid {
    let used = Set(
      probe.granule.variables
        .filter { variable in
          if case .number = variable.type { return true }
          return false
        }
        .filter {
          $0.dimensions.contains { $0 == probe.timeDimension } || probe.timeDimension == nil
        }
        .flatMap(\.dimensions))
    return Grid(
      axes: probe.axes.filter { used.contains($0.dimension) }.sorted { left, right in
        position(left.dimension, in: probe) < position(right.dimension, in: probe)
      })
  }

  private func position(_ dimension: String, in probe: GranuleProbe) -> Int {
    probe.granule.variables.compactMap { $0.dimensions.firstIndex(of: dimension) }.max() ?? 0
  }

  private func oneCalendar(_ probes: [GranuleProbe]) throws {
    let first = probes[0]
    for probe in probes {
      if probe.time.name != first.time.name || probe.timeDimension != first.timeDimension {
        throw StackError.timeDiffers(
          first: first.source.location, second: probe.source.location,
          what: "it is “\(first.time.name)” here and “\(probe.time.name)” there")
      }
      guard probe.time.units.calendar == first.time.units.calendar else {
        throw StackError.timeDiffers(
          first: first.source.location, second: probe.source.location,
          what: "calendar \(first.time.units.calendar.rawValue) here and "
            + "\(probe.time.units.calendar.rawValue) there")
      }
    }
  }
}
