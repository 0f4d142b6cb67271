// swift-tools-version: 6.2
import PackageDescription

// Runs the parsers' fuzz entries under libFuzzer; scripts/fuzz.sh builds it with
// `-sanitize=fuzzer`, which no ordinary build has.
let package = Package(
  name: "fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "pixeldrill", path: "..")],
  targets: [
    .executableTarget(
      name: "fuzz", dependencies: [.product(name: "FuzzEntries", package: "pixeldrill")])
  ]
)
