/// The known name that a mistyped one was probably meant to be.
///
/// - Returns: The name with the fewest changed letters, case aside; `nil` if even that needs more
///   than a third of the letters changed.
public func nearestName(to name: String, in known: some Sequence<String>) -> String? {
  let typed = Array(name.lowercased())
  let best = known.map { (name: $0, distance: editDistance(typed, Array($0.lowercased()))) }
    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
  guard let best, best.distance <= max(2, best.name.count / 3) else { return nil }
  return best.name
}

/// Insertions, deletions and replacements that turn one text into the other (Levenshtein).
private func editDistance(_ left: [Character], _ right: [Character]) -> Int {
  var row = Array(0...right.count)
  for (i, letter) in left.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, other) in right.enumerated() {
      let replaced = diagonal + (letter == other ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, diagonal + 1, row[j] + 1)
    }
  }
  return row[right.count]
}
