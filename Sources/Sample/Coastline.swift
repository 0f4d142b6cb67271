/// Rough outlines of the land in the archive's region, enough to look like a map. No survey: the
/// sample stack needs pixels that never have data, in the right places to a degree or two.
enum Coastline {
  /// Closed outlines as (longitude, latitude) in degrees.
  static let outlines: [[(longitude: Double, latitude: Double)]] = [
    australia, tasmania, newGuinea, northNewZealand, southNewZealand, borneo, sumatra, java,
    sulawesi, philippines, indochina, india, sriLanka, antarctica,
  ]

  /// The columns of one row that are land, in ascending order, not overlapping.
  static func landColumns(latitude: Double, longitudes: [Double]) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for outline in outlines {
      let crossings = crossings(of: outline, at: latitude).sorted()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        let first = firstColumn(atLeast: crossings[pair], in: longitudes)
        let end = firstColumn(atLeast: crossings[pair + 1], in: longitudes)
        if first < end { ranges.append(first..<end) }
      }
    }
    return ranges.sorted { $0.lowerBound < $1.lowerBound }
  }

  private static func crossings(
    of outline: [(longitude: Double, latitude: Double)], at latitude: Double
  ) -> [Double] {
    zip(outline, outline.dropFirst() + outline.prefix(1)).compactMap { a, b in
      guard (a.latitude > latitude) != (b.latitude > latitude) else { return nil }
      let part = (latitude - a.latitude) / (b.latitude - a.latitude)
      return a.longitude + part * (b.longitude - a.longitude)
    }
  }

  private static func firstColumn(atLeast longitude: Double, in longitudes: [Double]) -> Int {
    var (low, high) = (0, longitudes.count)
    while low < high {
      let middle = (low + high) / 2
      if longitudes[middle] < longitude { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static let australia: [(longitude: Double, latitude: Double)] = [
    (142.5, -10.7), (143.8, -14.4), (145.4, -15.0), (146.3, -18.9), (149.0, -20.5),
    (150.8, -23.4), (153.2, -25.9), (153.6, -28.5), (152.0, -32.6), (150.2, -36.0),
    (149.9, -37.5), (146.4, -39.1), (143.5, -38.8), (140.6, -38.0), (138.5, -35.6),
    (137.8, -33.0), (135.6, -34.9), (132.5, -32.0), (129.0, -31.7), (124.0, -33.0),
    (120.0, -33.9), (117.9, -35.1), (115.1, -34.3), (115.7, -31.8), (114.2, -27.5),
    (113.4, -24.4), (114.1, -21.8), (116.8, -20.6), (119.0, -20.0), (121.2, -19.5),
    (122.2, -17.9), (123.6, -16.4), (125.3, -14.4), (127.3, -13.9), (129.6, -14.9),
    (130.8, -12.4), (132.6, -11.4), (135.3, -12.1), (136.8, -12.2), (135.7, -14.9),
    (139.2, -17.4), (140.9, -17.5), (141.6, -14.0), (141.9, -11.5),
  ]
  private static let tasmania: [(longitude: Double, latitude: Double)] = [
    (144.7, -40.7), (148.3, -40.9), (148.0, -43.0), (146.6, -43.6), (145.3, -42.4),
  ]
  private static let newGuinea: [(longitude: Double, latitude: Double)] = [
    (131.0, -0.8), (134.2, -0.8), (135.1, -3.3), (138.0, -1.7), (141.0, -2.6), (145.8, -5.4),
    (147.8, -6.2), (150.8, -10.5), (147.2, -9.6), (144.6, -7.7), (142.6, -9.3), (138.1, -8.3),
    (138.2, -5.8), (133.0, -4.0), (132.3, -2.6),
  ]
  private static let northNewZealand: [(longitude: Double, latitude: Double)] = [
    (172.8, -34.5), (175.3, -36.6), (178.5, -37.7), (177.0, -39.6), (175.3, -41.6),
    (173.8, -39.3), (174.7, -37.6),
  ]
  private static let southNewZealand: [(longitude: Double, latitude: Double)] = [
    (172.8, -40.6), (174.2, -41.7), (172.8, -43.8), (170.7, -45.9), (168.8, -46.6),
    (166.5, -46.0), (168.5, -44.0), (171.3, -42.4),
  ]
  private static let borneo: [(longitude: Double, latitude: Double)] = [
    (109.0, 1.5), (111.4, 2.7), (116.7, 7.0), (119.2, 5.2), (117.6, 1.0), (116.2, -4.0),
    (111.8, -3.5), (110.1, -1.6),
  ]
  private static let sumatra: [(longitude: Double, latitude: Double)] = [
    (95.3, 5.6), (98.4, 4.2), (103.5, 0.0), (106.0, -3.2), (105.7, -5.8), (102.3, -4.0),
    (98.7, 1.7),
  ]
  private static let java: [(longitude: Double, latitude: Double)] = [
    (105.2, -6.7), (108.6, -6.7), (114.4, -7.7), (114.4, -8.6), (108.5, -7.8),
  ]
  private static let sulawesi: [(longitude: Double, latitude: Double)] = [
    (119.8, 0.8), (124.9, 1.5), (121.0, 0.4), (122.8, -4.5), (120.5, -3.0), (119.6, -5.5),
    (118.9, -2.8),
  ]
  private static let philippines: [(longitude: Double, latitude: Double)] = [
    (120.6, 18.5), (122.2, 18.4), (121.6, 15.5), (124.2, 12.6), (126.3, 8.5), (125.5, 5.7),
    (122.1, 7.2), (123.5, 9.5), (120.3, 13.8), (119.9, 16.2),
  ]
  private static let indochina: [(longitude: Double, latitude: Double)] = [
    (94.5, 21.0), (94.3, 16.0), (97.6, 16.5), (98.6, 10.0), (100.4, 6.3), (101.4, 2.8),
    (103.6, 1.4), (103.4, 4.5), (100.9, 7.0), (99.3, 9.4), (100.0, 13.4), (101.0, 12.6),
    (104.8, 8.7), (109.2, 11.7), (108.8, 15.3), (105.8, 19.0), (106.8, 21.0),
  ]
  private static let india: [(longitude: Double, latitude: Double)] = [
    (72.8, 21.0), (73.4, 16.5), (74.8, 12.8), (76.6, 8.9), (77.6, 8.1), (79.9, 10.4),
    (80.2, 13.5), (82.3, 16.6), (86.5, 20.2), (87.0, 21.0),
  ]
  private static let sriLanka: [(longitude: Double, latitude: Double)] = [
    (80.0, 9.7), (81.8, 7.4), (80.6, 5.9), (79.8, 7.5),
  ]
  private static let antarctica: [(longitude: Double, latitude: Double)] = [
    (69.0, -68.0), (75.0, -69.4), (81.0, -67.7), (90.0, -66.7), (100.0, -65.7), (110.0, -66.4),
    (120.0, -66.9), (130.0, -66.2), (140.0, -66.7), (150.0, -68.4), (158.0, -69.3),
    (165.0, -71.0), (69.0, -71.0),
  ]
}
