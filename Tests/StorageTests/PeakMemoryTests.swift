import Storage
import Testing

struct PeakMemoryTests {
  @Test func `memory that was touched counts, and a process that isn't there has none`() throws {
    let before = try #require(PeakMemory.byteCount())
    let touched = [UInt8](repeating: 1, count: before)
    let after = try #require(PeakMemory.byteCount())
    #expect(after >= touched.count)
    #expect(PeakMemory.byteCount(of: "0") == nil)
  }
}
