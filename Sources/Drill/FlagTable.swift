import CF

/// The names of a variable's flags.
///
/// Source: CF Conventions, 3.5.
struct FlagTable: Hashable, Sendable {
  let names: [String]
  /// One per name; empty if the flags are values, one of which a number is.
  let masks: [UInt64]
  /// One per name; empty if each flag is a bit of its own.
  let values: [UInt64]

  /// - Returns: `nil` if the attributes don't describe flags.
  init?(_ attributes: [Attribute]) {
    guard let meanings = attributes["flag_meanings"]?.text else { return nil }
    names = meanings.split(whereSeparator: \.isWhitespace).map(String.init)
    func numbers(_ name: String) -> [UInt64] {
      if case .integers(let values, _)? = attributes[name] {
        return values.map { UInt64(bitPattern: $0) }
      }
      let wholes = (attributes[name]?.doubles ?? []).compactMap { Int64(exactly: $0) }
      return wholes.map { UInt64(bitPattern: $0) }
    }
    masks = numbers("flag_masks")
    values = numbers("flag_values")
    guard masks.count == names.count || values.count == names.count,
      masks.isEmpty || masks.count == names.count,
      values.isEmpty || values.count == names.count
    else { return nil }
  }

  func flag(_ name: String) -> (mask: UInt64, value: UInt64?)? {
    guard let index = names.firstIndex(of: name) else { return nil }
    return (masks.isEmpty ? .max : masks[index], values.isEmpty ? nil : values[index])
  }

  /// The number that a name stands for.
  func value(_ name: String) -> Double? {
    guard let index = names.firstIndex(of: name) else { return nil }
    let bits = values.isEmpty ? masks[index] : values[index]
    return Double(Int64(bitPattern: bits))
  }
}

extension Archive {
  /// Looks up the names in a filter.
  ///
  /// - Throws: ``DrillError/badText(what:text:reason:)`` for a name that no variable has.
  func resolve(_ filter: SeriesFilter) throws(DrillError) -> [ResolvedFilter] {
    switch filter {
    case .compare(let name, let comparison, let operand):
      let variable = try variable(name)
      if let number = Double(operand) {
        return [ResolvedFilter(variable: variable, test: .compare(comparison, number))]
      }
      let table = try flagTable(of: name)
      guard let number = table?.value(operand) else {
        throw .badText(
          what: "condition", text: "\(name)\(comparison.rawValue)\(operand)",
          reason: "“\(operand)” is no number"
            + (table.map { "; the values of “\(name)” are \($0.names.joined(separator: ", "))" }
              ?? ""))
      }
      return [ResolvedFilter(variable: variable, test: .compare(comparison, number))]
    case .clear(let flags):
      var known: [String] = []
      var tables: [(name: String, table: FlagTable)] = []
      for name in variableNames {
        guard let table = try flagTable(of: name) else { continue }
        tables.append((name, table))
        known += table.names
      }
      var tests: [String: [(mask: UInt64, value: UInt64?)]] = [:]
      for flag in flags {
        let owners = tables.filter { $0.table.flag(flag) != nil }
        guard let owner = owners.first, let found = owner.table.flag(flag) else {
          throw .badText(
            what: "flag", text: flag,
            reason: nearestName(to: flag, in: known).map { "did you mean “\($0)”?" }
              ?? (known.isEmpty
                ? "no variable has flags" : "the flags are \(known.joined(separator: ", "))"))
        }
        guard owners.count == 1 else {
          throw .badText(
            what: "flag", text: flag,
            reason: "several variables have it: \(owners.map(\.name).joined(separator: ", "))")
        }
        tests[owner.name, default: []].append(found)
      }
      return try tests.sorted { $0.key < $1.key }.map { name, flags throws(DrillError) in
        ResolvedFilter(variable: try variable(name), test: .clear(flags))
      }
    }
  }

  /// The flags of a variable; `nil` if it has none.
  ///
  /// - Throws: ``DrillError/badText(what:text:reason:)`` if sources name them differently.
  private func flagTable(of name: String) throws(DrillError) -> FlagTable? {
    var first: FlagTable?
    for source in sources {
      guard let variable = source.variable(name) else { continue }
      let table = FlagTable(variable.attributes)
      if let first, let table, first != table {
        throw .badText(
          what: "variable", text: name,
          reason: "its flags have other meanings in \(source.location) than before")
      }
      first = first ?? table
    }
    return first
  }
}
