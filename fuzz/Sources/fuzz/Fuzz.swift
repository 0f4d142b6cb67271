import Dispatch
import Foundation
import FuzzEntries

/// The entry that the environment names: one binary serves them all.
private let entry: FuzzEntry = {
  let name = ProcessInfo.processInfo.environment["PIXELDRILL_FUZZ"] ?? ""
  guard let entry = FuzzEntry(rawValue: name) else {
    let known = FuzzEntry.allCases.map(\.rawValue).joined(separator: ", ")
    FileHandle.standardError.write(Data("PIXELDRILL_FUZZ must be one of \(known)\n".utf8))
    exit(2)
  }
  return entry
}()

/// Where the package manager has the program begin, which otherwise would be libFuzzer's business.
@_cdecl("fuzz_main")
public func main(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  limitAddressSpace()
  var count = count
  var arguments = arguments
  return runDriver(&count, &arguments, testOneInput)
}

/// What an input may have a parser allocate, libFuzzer's own needs included: more is a trap. The
/// fuzzer's `-rss_limit_mb` sees only memory that is written to.
private func limitAddressSpace() {
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  guard let pages = text.split(separator: " ").first.flatMap({ rlim_t($0) }) else { return }
  let bytes = pages * rlim_t(sysconf(Int32(_SC_PAGESIZE))) + (512 << 20)
  var limit = rlimit(rlim_cur: bytes, rlim_max: bytes)
  setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
}

/// Source: llvm, `compiler-rt/lib/fuzzer/FuzzerInterface.h` and `FuzzerDriver.cpp`.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let isDone = DispatchSemaphore(value: 0)
  Task {
    await entry.run(bytes)
    isDone.signal()
  }
  isDone.wait()
  return 0
}
