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
