// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "s3-benchmark",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "pixeldrill", path: "../..")],
  targets: [
    .executableTarget(
      name: "s3-benchmark",
      dependencies: [.product(name: "S3", package: "pixeldrill")])
  ]
)
