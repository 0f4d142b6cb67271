public import CF

/// A granule as libnetcdf describes it: a second opinion, reached without any of our own parsing.
public struct Witness: Hashable, Sendable {
  /// A variable of the root group.
  public struct Variable: Hashable, Sendable {
    public let name: String
    /// `nil` if it doesn't hold numbers.
    public let type: DataType?
    /// Slowest first.
    public let dimensions: [Dimension]
    public let attributes: [Attribute]

    public init(
      name: String, type: DataType?, dimensions: [Dimension], attributes: [Attribute]
    ) {
      self.name = name
      self.type = type
      self.dimensions = dimensions
      self.attributes = attributes
    }
  }

  public let attributes: [Attribute]
  public let variables: [Variable]

  public init(attributes: [Attribute], variables: [Variable]) {
    self.attributes = attributes
    self.variables = variables
  }

  public func variable(_ name: String) -> Variable? { variables.first { $0.name == name } }
}

/// A part of a variable.
public struct Window: Hashable, Sendable {
  public let variable: String
  /// One range per dimension; `nil`: all of it.
  public let region: [Range<Int>]?

  public init(variable: String, region: [Range<Int>]?) {
    self.variable = variable
    self.region = region
  }
}

extension GranuleParser {
  /// Has libnetcdf describe a granule.
  public func witness(of source: GranuleSource) async throws(GranuleError) -> Witness {
    try await libraryAnswer(.witness, source) { reader throws(WireReader.Malformed) in
      try reader.witness()
    }
  }

  /// Has libnetcdf read parts of a granule, which it opens once for all of them.
  ///
  /// - Returns: One element for each window: stored (packed) numbers, C order, native byte order.
  public func witnessed(
    _ windows: [Window], in source: GranuleSource
  ) async throws(GranuleError) -> [[UInt8]] {
    let answers = try await libraryAnswer(.windows(windows), source) {
      reader throws(WireReader.Malformed) in
      try reader.list { reader throws(WireReader.Malformed) in Array(try reader.raw()) }
    }
    guard answers.count == windows.count else {
      throw GranuleError(
        location: source.location, reason: .noParser("it gave \(answers.count) windows"))
    }
    return answers
  }

  private func libraryAnswer<Value>(
    _ request: GranuleRequest, _ source: GranuleSource,
    _ read: (inout WireReader) throws(WireReader.Malformed) -> Value
  ) async throws(GranuleError) -> Value {
    do throws(GranuleError.Reason) {
      var reader = WireReader(try await answer(request, source)[...])
      do throws(WireReader.Malformed) {
        return try read(&reader)
      } catch {
        throw GranuleError.Reason.noParser("it gave a malformed answer")
      }
    } catch {
      throw GranuleError(location: source.location, reason: error)
    }
  }
}

extension GranuleRequest {
  static func witness(_ bytes: any GranuleBytes) throws(GranuleError.Reason) -> [UInt8] {
    let file = try LibraryFile(bytes)
    let witness: Witness
    do throws(LibNetCDFError) { witness = try file.witness() } catch { throw error.reason }
    var writer = WireWriter()
    writer.put(witness)
    return writer.bytes
  }

  static func read(
    _ windows: [Window], _ bytes: any GranuleBytes
  ) throws(GranuleError.Reason) -> [UInt8] {
    let file = try LibraryFile(bytes)
    var writer = WireWriter()
    writer.put(windows.count)
    for window in windows {
      do throws(LibNetCDFError) {
        writer.put(raw: try file.values(of: window.variable, region: window.region))
      } catch {
        throw error.reason
      }
      guard writer.bytes.count <= answerByteLimit else {
        throw .unsupported("\(windows.count) windows are too many to read at once")
      }
    }
    return writer.bytes
  }
}

extension WireWriter {
  mutating func put(_ windows: [Window]) {
    put(windows) { writer, window in
      writer.put(window.variable)
      writer.put(window.region != nil)
      writer.put(window.region ?? []) { writer, range in
        writer.put(range.lowerBound)
        writer.put(range.upperBound)
      }
    }
  }

  fileprivate mutating func put(_ witness: Witness) {
    put(witness.attributes) { $0.put($1) }
    put(witness.variables) { writer, variable in
      writer.put(variable.name)
      writer.put(variable.type != nil)
      if let type = variable.type { writer.put(type) }
      writer.put(variable.dimensions) { $0.put($1) }
      writer.put(variable.attributes) { $0.put($1) }
    }
  }
}

extension WireReader {
  mutating func windows() throws(Malformed) -> [Window] {
    try list { reader throws(Malformed) in
      let variable = try reader.text()
      let hasRegion = try reader.flag()
      let region = try reader.region()
      return Window(variable: variable, region: hasRegion ? region : nil)
    }
  }

  mutating func region() throws(Malformed) -> [Range<Int>] {
    try list { reader throws(Malformed) in
      let (start, end) = (try reader.integer(), try reader.integer())
      guard start >= 0, start <= end else { throw Malformed() }
      return start..<end
    }
  }

  fileprivate mutating func witness() throws(Malformed) -> Witness {
    Witness(
      attributes: try list { reader throws(Malformed) in try reader.attribute() },
      variables: try list { reader throws(Malformed) in
        let name = try reader.text()
        let type = try reader.flag() ? try reader.dataType() : nil
        return Witness.Variable(
          name: name, type: type,
          dimensions: try reader.list { reader throws(Malformed) in try reader.dimension() },
          attributes: try reader.list { reader throws(Malformed) in try reader.attribute() })
      })
  }
}
