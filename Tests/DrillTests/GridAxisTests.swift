import CF
import Testing

@testable import Drill

struct GridAxisTests {
  @Test(arguments: [
    (coordinate: 10.0, index: 0 as Int?), (10.4, 0), (10.6, 1), (12.0, 2), (12.49, 2),
    (9.51, 0), (9.49, nil), (12.51, nil),
    (10.5, 1),  // as pandas: of two equally near ones the larger
  ])
  func `the nearest of rising latitudes`(coordinate: Double, index: Int?) throws {
    let axis = try GridAxis(.latitude, values: [10, 11, 12], type: .float64)
    #expect(axis.nearest(coordinate, margin: 0) == index)
  }

  @Test(arguments: [
    (coordinate: 12.0, index: 0 as Int?), (11.4, 1), (10.5, 1), (9.5, 2), (9.49, nil), (12.5, 0),
  ])
  func `the nearest of falling latitudes`(coordinate: Double, index: Int?) throws {
    let axis = try GridAxis(.latitude, values: [12, 11, 10], type: .float64)
    #expect(axis.nearest(coordinate, margin: 0) == index)
  }

  @Test(arguments: [
    (coordinate: 170.0, index: 0 as Int?), (-170, 2), (190, 2), (-180, 1), (180, 1), (540, 1),
    (-165.1, 2), (-164, nil), (164, nil), (165, 0),
  ])
  func `longitudes across 180 degrees compare modulo 360`(
    coordinate: Double, index: Int?
  ) throws {
    for values in [[170.0, 180, 190], [170, -180, -170]] {
      let axis = try GridAxis(.longitude, values: values, type: .float64)
      #expect(axis.nearest(coordinate, margin: 0) == index)
    }
  }

  @Test func `a global grid has no edge in longitude`() throws {
    let axis = try GridAxis(.longitude, values: [0, 90, 180, 270], type: .float32)
    #expect(axis.nearest(-50, margin: 0) == 3)
    #expect(axis.nearest(359, margin: 0) == 0)
    #expect(axis.nearest(314, margin: 0) == 3)
  }

  @Test func `a box takes the centres in it, also across 180 degrees`() throws {
    let axis = try GridAxis(.longitude, values: [160, 170, 180, 190], type: .float32)
    #expect(axis.indices(from: 165, to: -175) == [1, 2])
    #expect(axis.indices(from: 165, to: 185) == [1, 2])
    #expect(axis.indices(from: -170, to: -160) == [3])
    #expect(axis.indices(from: -180, to: 180) == [0, 1, 2, 3])
    #expect(axis.indices(from: 170, to: 170) == [1])
    #expect(axis.indices(from: 10, to: 20) == [])
  }

  @Test func `values that neither rise nor fall are no axis`() {
    #expect(throws: AxisProblem.notMonotonic(index: 2)) {
      try GridAxis(.latitude, values: [1, 2, 2], type: .float32)
    }
    #expect(throws: AxisProblem.notFinite(index: 1)) {
      try GridAxis(.latitude, values: [1, .nan, 2], type: .float32)
    }
    #expect(throws: AxisProblem.empty) { try GridAxis(.latitude, values: [], type: .float32) }
  }

  @Test func `a coordinate has the shortest digits of its stored type`() throws {
    let stored = Double(Float(-69.99))
    #expect(try GridAxis(.latitude, values: [stored], type: .float32).text(0) == "-69.99")
    #expect(
      try GridAxis(.latitude, values: [stored], type: .float64).text(0) == "-69.98999786376953")
  }
}
