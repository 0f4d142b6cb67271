import Testing

@testable import Rechunk

struct MemoryLimitTests {
  private let unlimited =
    "Max address space         unlimited            unlimited            bytes"

  private func limit(
    _ limits: String, _ groups: String, _ files: [String: String] = [:]
  ) -> MemoryLimit? {
    MemoryLimit(limits: limits, groups: groups, file: { files[$0] })
  }

  @Test func `without limits there is none`() {
    #expect(limit(unlimited, "0::/\n") == nil)
    #expect(limit(unlimited, "0::/\n", ["/sys/fs/cgroup/memory.max": "max\n"]) == nil)
    #expect(limit("", "") == nil)
  }

  @Test func `ulimit -v counts`() throws {
    let text = "Max address space         1073741824           unlimited            bytes"
    let found = try #require(limit(text, ""))
    #expect(found.byteCount == 1 << 30)
    #expect(found.affordableByteCount == 512 << 20)
    #expect("\(found)" == "ulimit -v allows 1024 MiB")
  }

  @Test func `a group's limit holds for the groups in it`() throws {
    let files = [
      "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/memory.max": "536870912\n",
      "/sys/fs/cgroup/memory.max": "1073741824\n",
    ]
    let found = try #require(limit(unlimited, "0::/a/b\n", files))
    #expect(found.byteCount == 512 << 20)
    #expect(found.affordableByteCount == 448 << 20)
  }

  // Source: kernel documentation, cgroup-v1/memory: “no limit” is the largest page-aligned number.
  @Test func `groups of the first version count, too`() throws {
    let path = "/sys/fs/cgroup/memory/job/memory.limit_in_bytes"
    let groups = "5:devices:/\n4:memory:/job\n0::/\n"
    #expect(limit(unlimited, groups, [path: "9223372036854771712\n"]) == nil)
    #expect(limit(unlimited, groups, [path: "104857600\n"])?.byteCount == 100 << 20)
  }

  @Test func `a limit below the overhead affords nothing`() throws {
    let text = "Max address space         1048576           unlimited            bytes"
    #expect(try #require(limit(text, "")).affordableByteCount == 0)
  }
}
