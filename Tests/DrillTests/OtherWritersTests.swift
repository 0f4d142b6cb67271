import CF
import Drill
import Testing

struct OtherWritersTests {
  @Test(arguments: DrillData.stores, DrillData.variables)
  func `a store of any writer gives the values that were put in`(
    store: String, variable: String
  ) async throws {
    let archive = try await DrillData.archive(DrillData.store(store))
    let series = try await archive.drill(try DrillData.everything(variable))
    let expected = try DrillData.expected(variable, in: store)
    #expect(series.targets.count == 42)
    #expect(series.instants.count == 9)
    #expect(series.columns[0].values.doubles == expected.map(\.bitPattern))
  }

  @Test(arguments: DrillData.stores)
  func `all stores have the same times and pixels`(store: String) async throws {
    let archive = try await DrillData.archive(DrillData.store(store))
    let series = try await archive.drill(try DrillData.everything("temperature"))
    #expect(series.instants.first?.description == "2019-12-24T02:40:00Z")
    #expect(series.instants.last?.description == "2020-01-02T02:40:00Z")
    #expect(series.targets.map(\.latitude).max() == Double(Float(19.99)))
    #expect(series.targets.map(\.longitude).max() == Double(Float(180.05)))
  }

  @Test func `types are those of the stored numbers`() async throws {
    let archive = try await DrillData.archive(DrillData.store("zarr3"))
    let types = try DrillData.variables.map { try archive.variable($0).type }
    #expect(types == [.float32, .float64, .int8, .int16, .float32])
  }

  @Test func `several stores make one series, and the first named wins`() async throws {
    let both = try await DrillData.archive(
      DrillData.store("zarr3"), DrillData.store("prototype"))
    #expect(both.steps.count == 9)
    #expect(both.notes.count == 1)
    let series = try await both.drill(try DrillData.everything("quality_level"))
    #expect(series.columns[0].values.type == .int8)
    let reversed = try await DrillData.archive(
      DrillData.store("prototype"), DrillData.store("zarr3"))
    let floats = try await reversed.drill(try DrillData.everything("quality_level"))
    #expect(floats.columns[0].values.type == .float32)
    #expect(floats.columns[0].values.doubles == series.columns[0].values.doubles)
  }
}
