import CF
import Foundation
import NetCDF

/// A stack of random granules on disk, with the numbers that went in.
struct RandomStack {
  struct Variable {
    let name: String
    let type: DataType
    /// Chosen anew for each granule, or for all at once.
    let packingVaries: Bool
    let isPacked: Bool
    let fill: Int64?
  }

  struct Day {
    let day: Int
    /// Stored numbers in C order, for each variable that the granule has.
    var numbers: [String: [Int64]] = [:]
    var packing: [String: (scale: Double, offset: Double)] = [:]
  }

  let rows: Int
  let columns: Int
  let variables: [Variable]
  private(set) var days: [Day] = []

  /// Writes the granules into `folder`.
  init(seed: UInt64, folder: URL) throws {
    var random = SeededGenerator(seed: seed)
    let rows = Int.random(in: 1...40, using: &random)
    let columns = Int.random(in: 1...60, using: &random)
    self.rows = rows
    self.columns = columns
    let types: [DataType] = [.int8, .uint8, .int16, .uint16, .int32, .int64, .float32, .float64]
    variables = (0..<Int.random(in: 1...3, using: &random)).map { index in
      let type = types.randomElement(using: &random) ?? .int16
      let isPacked = !type.isFloatingPoint && type.byteCount <= 4 && Bool.random(using: &random)
      return Variable(
        name: "v\(index)", type: type, packingVaries: isPacked && Bool.random(using: &random),
        isPacked: isPacked,
        fill: Bool.random(using: &random) || isPacked ? (type.isUnsigned ? 255 : -99) : nil)
    }
    var day = Int.random(in: 0...20, using: &random)
    let changes = Int.random(in: 0...6, using: &random)
    var tiles = Self.randomTile(rows, columns, using: &random)
    var shared: [String: (scale: Double, offset: Double)] = [:]
    for index in 0..<Int.random(in: 1...7, using: &random) {
      if index == changes { tiles = Self.randomTile(rows, columns, using: &random) }
      var content = Day(day: day)
      for variable in variables where index == 0 || Int.random(in: 0..<6, using: &random) > 0 {
        content.numbers[variable.name] = Self.numbers(
          of: variable, count: rows * columns, using: &random)
        if variable.isPacked {
          let packing =
            (variable.packingVaries ? nil : shared[variable.name])
            ?? (
              Double(Int.random(in: 1...900, using: &random)) / 1000,
              Double(Int.random(in: -500...500, using: &random)) / 7
            )
          shared[variable.name] = packing
          content.packing[variable.name] = packing
        }
      }
      try write(content, tile: tiles, to: folder, using: &random)
      days.append(content)
      day += Int.random(in: 1...3, using: &random)
    }
  }

  private static func randomTile(
    _ rows: Int, _ columns: Int, using random: inout SeededGenerator
  ) -> [Int]? {
    // One stack in five is stored contiguously.
    guard Int.random(in: 0..<5, using: &random) > 0 else { return nil }
    return [
      1, Int.random(in: 1...rows, using: &random), Int.random(in: 1...columns, using: &random),
    ]
  }

  private static func numbers(
    of variable: Variable, count: Int, using random: inout SeededGenerator
  ) -> [Int64] {
    // Runs of fill, as clouds are, so that pieces and chunks without data occur.
    var numbers: [Int64] = []
    while numbers.count < count {
      let run = Int.random(in: 1...200, using: &random)
      if let fill = variable.fill, Bool.random(using: &random) {
        numbers += Array(repeating: fill, count: run)
      } else {
        let range: ClosedRange<Int64> = variable.type.isUnsigned ? 0...200 : -90...120
        numbers += (0..<run).map { _ in Int64.random(in: range, using: &random) }
      }
    }
    return Array(numbers.prefix(count))
  }

  private func write(
    _ day: Day, tile: [Int]?, to folder: URL, using random: inout SeededGenerator
  ) throws {
    let name = String(format: "%04d.nc", day.day)
    let writer = try NetCDFWriter(
      path: folder.appendingPathComponent(name).path,
      attributes: [Attribute("title", .text("random numbers"))])
    try writer.addDimension("time", length: 1)
    try writer.addDimension("lat", length: rows)
    try writer.addDimension("lon", length: columns)
    try writer.addVariable(
      "time", type: .int32, dimensions: ["time"], chunkShape: nil, deflateLevel: nil,
      shuffle: false, fletcher32: false, fillBits: nil,
      attributes: [Attribute("units", .text("days since 2019-12-25 12:00:00"))])
    for (name, length) in [("lat", rows), ("lon", columns)] {
      try writer.addVariable(
        name, type: .float32, dimensions: [name], chunkShape: nil, deflateLevel: nil,
        shuffle: false, fletcher32: false, fillBits: nil,
        attributes: [Attribute("units", .text("degrees"))])
      try write((0..<length).map { Float(length - $0) }, name, with: writer)
    }
    try write([Int32(day.day)], "time", with: writer)
    for variable in variables {
      guard let numbers = day.numbers[variable.name] else { continue }
      var attributes: [Attribute] = []
      if let packing = day.packing[variable.name] {
        attributes.append(Attribute("scale_factor", .reals([packing.scale], .float64)))
        attributes.append(Attribute("add_offset", .reals([packing.offset], .float64)))
      }
      try writer.addVariable(
        variable.name, type: variable.type, dimensions: ["time", "lat", "lon"],
        chunkShape: tile, deflateLevel: tile == nil ? nil : Int.random(in: 0...3, using: &random),
        shuffle: tile != nil && Bool.random(using: &random),
        fletcher32: tile != nil && Bool.random(using: &random),
        fillBits: variable.fill.flatMap { variable.type.bitPattern(of: Double($0)) },
        attributes: attributes)
      switch variable.type {
      case .int8: try write(numbers.map { Int8($0) }, variable.name, with: writer)
      case .uint8: try write(numbers.map { UInt8($0) }, variable.name, with: writer)
      case .int16: try write(numbers.map { Int16($0) }, variable.name, with: writer)
      case .uint16: try write(numbers.map { UInt16($0) }, variable.name, with: writer)
      case .int32: try write(numbers.map { Int32($0) }, variable.name, with: writer)
      case .uint32: try write(numbers.map { UInt32($0) }, variable.name, with: writer)
      case .int64: try write(numbers, variable.name, with: writer)
      case .uint64: try write(numbers.map { UInt64($0) }, variable.name, with: writer)
      case .float32: try write(numbers.map { Float($0) }, variable.name, with: writer)
      case .float64: try write(numbers.map { Double($0) }, variable.name, with: writer)
      }
    }
    try writer.close()
  }

  private func write<Number>(
    _ numbers: [Number], _ name: String, with writer: NetCDFWriter
  ) throws {
    try numbers.withUnsafeBytes { try writer.write(name, $0) }
  }
}
