import Testing

@testable import Verify

struct StackSearchTests {
  @Test(arguments: [0, 1, 2, 7, 8, 365])
  func `a stack is searched whole`(count: Int) {
    let all = (0..<count).map(String.init)
    #expect(all.spread().sorted() == all.sorted())
  }

  @Test func `whatever holds for a quarter of a stack is met among the first few`() {
    let all = (0..<1000).map(String.init)
    let first = Set(all.spread().prefix(8))
    for start in stride(from: 0, through: 750, by: 125) {
      #expect(!first.isDisjoint(with: all[start..<start + 250]))
    }
  }
}
