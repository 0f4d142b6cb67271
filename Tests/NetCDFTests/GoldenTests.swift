import CDeflate
import CF
import Foundation
import NetCDF
import Storage
import Testing

/// What netCDF4-python and h5py say of the files: `Tests/Data/netcdf-golden.py` wrote it.
struct GoldenFile: Decodable {
  var reader: String?
  var error: String?
  /// Length, and whether it is unlimited; only from netCDF4-python.
  var dimensions: [String: GoldenDimension]?
  var attributes: [String: GoldenAttribute?]?
  var variables: [String: GoldenVariable]?
}

struct GoldenDimension: Decodable {
  var length: Int
  var isUnlimited: Bool

  init(from decoder: any Decoder) throws {
    var list = try decoder.unkeyedContainer()
    length = try list.decode(Int.self)
    isUnlimited = try list.decode(Bool.self)
  }
}

struct GoldenVariable: Decodable {
  var dimensions: [String]?
  var attributes: [String: GoldenAttribute?]?
  var type: String?
  var shape: [Int]?
  var crc32: UInt32?
  var error: String?
}

enum GoldenAttribute: Decodable, Equatable {
  case text(String)
  case texts([String])
  case numbers(type: String, values: [String])

  private enum Key: CodingKey { case type, values }

  init(from decoder: any Decoder) throws {
    if let numbers = try? decoder.container(keyedBy: Key.self) {
      self = .numbers(
        type: try numbers.decode(String.self, forKey: .type),
        values: try numbers.decode([String].self, forKey: .values))
    } else if let text = try? decoder.singleValueContainer().decode(String.self) {
      self = .text(text)
    } else {
      self = .texts(try decoder.singleValueContainer().decode([String].self))
    }
  }

  /// Numbers are compared as numbers, text without the zero bytes that netCDF4-python drops.
  func matches(_ value: AttributeValue?) -> Bool {
    switch (self, value) {
    // What isn't UTF-8 we take for Latin-1; netCDF4-python puts U+FFFD.
    case (.text(let text), let value?) where text.contains("\u{fffd}"): value.text != nil
    case (.text(let text), let value?): value.text?.filter { $0 != "\0" } == text
    case (.texts(let texts), .texts(let ours)): texts == ours
    case (.numbers(let type, let values), .integers(let ours, let ourType)):
      type == ourType.rawValue
        && values == ours.map { ourType == .uint64 ? "\(UInt64(bitPattern: $0))" : "\($0)" }
    case (.numbers(let type, let values), .reals(let ours, let ourType)):
      type == ourType.rawValue && values.count == ours.count
        && zip(values, ours).allSatisfy { Double($0) == $1 || ($0 == "nan" && $1.isNaN) }
    default: false
    }
  }
}

struct GoldenTests {
  /// Other files can be compared too: `NETCDF_DATA` is the folder, `NETCDF_GOLDEN` what the script
  /// wrote of it.
  static let folder = ProcessInfo.processInfo.environment["NETCDF_DATA"] ?? TestData.folder
  static let files: [String: GoldenFile] = {
    let path =
      ProcessInfo.processInfo.environment["NETCDF_GOLDEN"]
      ?? TestData.folder + "/netcdf-golden.json"
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      return try JSONDecoder().decode([String: GoldenFile].self, from: data)
    } catch {
      Issue.record("\(path): \(error)")
      return [:]
    }
  }()

  static let parser = GranuleParser(
    executable: TestData.executable, workers: 2, deadlineSeconds: 60)

  @Test(arguments: files.keys.sorted())
  func `a file reads as other programs read it`(name: String) async throws {
    let golden = try #require(Self.files[name])
    // What others can't open must not hurt; what we make of it is for other tests.
    let source = try await TestData.source(name, in: FolderStore(path: Self.folder))
    guard golden.error == nil else {
      _ = try? await Self.parser.header(of: source)
      return
    }
    let granule = try await Self.parser.header(of: source)
    #expect(granule.byteCount == source.info.byteCount)
    if let dimensions = golden.dimensions {
      #expect(Set(granule.dimensions.map(\.name)) == Set(dimensions.keys))
      for dimension in granule.dimensions {
        #expect(dimensions[dimension.name]?.length == dimension.length, "\(dimension)")
        #expect(dimensions[dimension.name]?.isUnlimited == dimension.isUnlimited, "\(dimension)")
      }
    }
    compare(granule.attributes, golden.attributes, "file")
    for variable in granule.variables where golden.variables?[variable.name] == nil {
      #expect(variable.dataType == nil, "only we see \(variable.name)")
    }
    for (name, golden) in golden.variables ?? [:] {
      let variable = try #require(granule.variable(name), "\(name)")
      try await compare(variable, golden, granule, source)
    }
  }

  private func compare(
    _ variable: Variable, _ golden: GoldenVariable, _ granule: Granule, _ source: GranuleSource
  ) async throws {
    let name = variable.name
    if let dimensions = golden.dimensions, variable.dimensions != ["null"] {
      let ours = variable.dimensions.map { $0.split(separator: "/").last.map(String.init) }
      #expect(ours == dimensions, "\(name)")
    }
    compare(variable.attributes, golden.attributes, name)
    guard golden.error == nil else {
      await #expect(throws: GranuleError.self, "\(name)") {
        _ = try await Self.parser.values(
          of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
      }
      return
    }
    guard let crc32 = golden.crc32, let shape = golden.shape, let type = golden.type else { return }
    #expect(variable.shape == shape, "\(name)")
    #expect(variable.dataType?.rawValue ?? "text" == type, "\(name)")
    let values: [UInt8]
    do {
      values = try await Self.parser.values(
        of: variable, in: granule, from: source, region: variable.shape.map { 0..<$0 })
    } catch let error {
      // netCDF4-python brings filters along that may not be installed here.
      guard case .unsupported = error.reason,
        variable.layout.filters.contains(where: { if case .other = $0 { true } else { false } })
      else { throw error }
      return
    }
    #expect(libdeflate_crc32(0, values, values.count) == crc32, "values of \(name)")
  }

  private func compare(
    _ ours: [Attribute], _ golden: [String: GoldenAttribute?]?, _ place: String
  ) {
    for case (let name, let value?) in golden ?? [:] {
      #expect(
        value.matches(ours[name]), "\(place):\(name) is \(String(describing: ours[name]))")
    }
  }
}
