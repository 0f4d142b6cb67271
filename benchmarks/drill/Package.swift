// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "drill-bench",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "pixeldrill", path: "../..")],
  targets: [
    .executableTarget(
      name: "drill-bench", dependencies: [.product(name: "Drill", package: "pixeldrill")])
  ]
)
