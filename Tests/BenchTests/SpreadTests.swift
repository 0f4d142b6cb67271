import Testing

@testable import Bench

struct SpreadTests {
  @Test func `quantiles lie between the nearest ranks`() {
    // numpy.quantile([1, 2, 3, 4, 10], [0.1, 0.5, 0.9])
    let spread = Spread([3, 1, 10, 2, 4])
    #expect(abs(spread.p10 - 1.4) < 1e-12)
    #expect(spread.median == 3)
    #expect(abs(spread.p90 - 7.6) < 1e-12)
    #expect(spread.count == 5)
  }
}
