import CF
import Zarr

extension TimeSeries {
  /// The series as CoverageJSON: a PointSeries coverage, or a collection of them for several
  /// targets. A value that is missing is `null`.
  ///
  /// - Throws: ``DrillError/notRepresentable(variable:format:value:)`` for an infinite value.
  ///
  /// Source: CoverageJSON 1.0 (OGC 21-069r2).
  public func coverageJSON() throws(DrillError) -> [UInt8] {
    let parameters = JSONValue.object(
      JSONObject(columns.map { ($0.name, parameter($0)) }))
    let referencing = referencing
    if targets.count == 1 {
      var coverage: JSONObject = ["type": "Coverage"]
      coverage.append("domain", domain(of: 0, referencing: referencing))
      coverage.append("parameters", parameters)
      coverage.append("ranges", try ranges(of: 0))
      return JSONValue.object(coverage).bytes()
    }
    var coverages: [JSONValue] = []
    for target in targets.indices {
      var coverage: JSONObject = ["type": "Coverage"]
      if let id = targets[target].place?.id, !id.isEmpty { coverage.append("id", .string(id)) }
      coverage.append("domain", domain(of: target, referencing: nil))
      coverage.append("ranges", try ranges(of: target))
      coverages.append(.object(coverage))
    }
    let collection: JSONObject = [
      "type": "CoverageCollection", "domainType": "PointSeries", "parameters": parameters,
      "referencing": referencing, "coverages": .array(coverages),
    ]
    return JSONValue.object(collection).bytes()
  }

  private func domain(of target: Int, referencing: JSONValue?) -> JSONValue {
    let place = targets[target]
    let times = windows[target].map { JSONValue.string(instants[$0].description) }
    var domain: JSONObject = [
      "type": "Domain", "domainType": "PointSeries",
      "axes": [
        "t": ["values": .array(times)],
        "x": ["values": [.number(Double(coordinateText(place.longitude)) ?? place.longitude)]],
        "y": ["values": [.number(Double(coordinateText(place.latitude)) ?? place.latitude)]],
      ],
    ]
    if let referencing { domain.append("referencing", referencing) }
    return .object(domain)
  }

  private var referencing: JSONValue {
    let calendar = instants.first?.calendar ?? .standard
    return [
      [
        "coordinates": ["x", "y"],
        "system": [
          "type": "GeographicCRS", "id": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        ],
      ],
      [
        "coordinates": ["t"],
        "system": [
          "type": "TemporalRS",
          "calendar": .string(calendar.isGregorian ? "Gregorian" : calendar.rawValue),
        ],
      ],
    ]
  }

  private func parameter(_ column: Column) -> JSONValue {
    let label = column.attributes["long_name"]?.text ?? column.name
    var property: JSONObject = [:]
    if let name = column.attributes["standard_name"]?.text {
      property.append(
        "id", .string("http://vocab.nerc.ac.uk/standard_name/\(name)/"))
    }
    property.append("label", ["en": .string(label)])
    var parameter: JSONObject = ["type": "Parameter", "description": ["en": .string(label)]]
    if let units = column.attributes["units"]?.text {
      parameter.append("unit", ["symbol": .string(units)])
    }
    parameter.append("observedProperty", .object(property))
    return .object(parameter)
  }

  private func ranges(of target: Int) throws(DrillError) -> JSONValue {
    let window = windows[target]
    var ranges = JSONObject()
    for column in columns {
      let values = column.values
      var numbers: [JSONValue] = []
      numbers.reserveCapacity(window.count)
      for step in window {
        let index = index(target: target, step: step)
        guard let value = values[index] else {
          numbers.append(.null)
          continue
        }
        guard value.isFinite else {
          throw .notRepresentable(variable: column.name, format: "JSON", value: "\(value)")
        }
        switch values.type {
        // The digits of a Float, not those of the Double that it widens to.
        case .float32: numbers.append(.number(Double(values.text(index)) ?? value))
        case .float64: numbers.append(.number(value))
        case .uint64: numbers.append(.unsigned(values.bits[index]))
        default: numbers.append(.integer(Int64(bitPattern: values.bits[index])))
        }
      }
      ranges.append(
        column.name,
        [
          "type": "NdArray",
          "dataType": .string(values.type.isFloatingPoint ? "float" : "integer"),
          "axisNames": ["t", "y", "x"],
          "shape": [.integer(Int64(window.count)), 1, 1],
          "values": .array(numbers),
        ])
    }
    return .object(ranges)
  }
}
