// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A C library behind its fence: a module map and a shim header in `Sources/C`, nothing else.
func cLibrary(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/C/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
  name: "pixeldrill",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "pixeldrill", targets: ["pixeldrill"]),
    .library(name: "Drill", targets: ["Drill", "Storage"]),
    .library(name: "S3", targets: ["S3", "Storage"]),
    // For the package in fuzz.
    .library(name: "FuzzEntries", targets: ["FuzzEntries"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
  ],
  targets: [
    cLibrary("CBlosc", pkgConfig: "blosc", apt: "libblosc-dev"),
    cLibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
    cLibrary("CDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
    cLibrary("CHDF5", pkgConfig: "hdf5-serial", apt: "libhdf5-dev"),
    cLibrary("CISAL", pkgConfig: "libisal", apt: "libisal-dev"),
    cLibrary("CNetCDF", pkgConfig: "netcdf", apt: "libnetcdf-dev"),
    cLibrary("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    cLibrary("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),

    .systemLibrary(name: "CLinux", path: "Sources/C/CLinux"),

    library("CF", []),
    library("Storage", ["CISAL", "CLinux"]),
    library("S3", ["Storage", "CCurl", .product(name: "Crypto", package: "swift-crypto")]),
    library("Zarr", ["CF", "Storage", "CBlosc", "CDeflate", "CZstd"]),
    library("ZarrWriter", ["CF", "Storage", "Zarr"]),
    library(
      "References", ["CF", "NetCDF", "Storage", "Zarr", "ZarrWriter", "CZlib", "CZstd"]),
    library("Sample", ["CF", "CDeflate", "NetCDF"]),

    library("NetCDF", ["CF", "Storage", "CDeflate", "CHDF5", "CLinux", "CNetCDF"]),

    library(
      "Rechunk",
      [
        "CF", "Storage", "NetCDF", "Zarr", "ZarrWriter", "CBlosc", "CLinux",
        .product(name: "Yams", package: "Yams"),
      ]),

    library(
      "Bench",
      ["CF", "Drill", "NetCDF", "Storage", .product(name: "Yams", package: "Yams")]),

    library("Drill", ["CF", "NetCDF", "References", "Storage", "Zarr"]),
    library("Verify", ["CF", "NetCDF", "Rechunk", "Storage", "Zarr", "ZarrWriter"]),

    .executableTarget(
      name: "pixeldrill",
      dependencies: [
        "Bench", "CF", "Drill", "NetCDF", "Rechunk", "References", "S3", "Sample", "Storage",
        "Verify",
        "Zarr",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "kernels",
      dependencies: [
        "CF", "NetCDF", "Rechunk", "References", "Sample", "Storage", "Zarr", "ZarrWriter",
      ],
      path: "benchmarks/kernels", swiftSettings: strict),

    tests("BenchTests", ["Bench", "CF", "Drill"]),
    tests("CFTests", ["CF"]),
    tests("DrillTests", ["CF", "Drill", "NetCDF", "Storage", "Zarr", "ZarrWriter"]),
    tests("NetCDFTests", ["NetCDF", "CDeflate", "CF", "Storage", "pixeldrill"]),
    tests(
      "pixeldrillTests",
      ["pixeldrill", .product(name: "ArgumentParser", package: "swift-argument-parser")]),
    tests("ReferencesTests", ["CF", "NetCDF", "References", "Storage", "Zarr"]),
    tests("SampleTests", ["CDeflate", "CF", "NetCDF", "Sample", "Storage"]),
    .target(
      name: "StoreContract", dependencies: ["Storage"], path: "Tests/StoreContract",
      swiftSettings: strict),
    .target(
      name: "FuzzEntries",
      dependencies: ["CF", "Drill", "NetCDF", "Rechunk", "References", "S3", "Storage", "Zarr"],
      path: "Tests/FuzzEntries", swiftSettings: strict),
    tests("FuzzTests", ["FuzzEntries"]),
    tests("S3Tests", ["S3", "Storage", "StoreContract"]),
    tests("StorageTests", ["Storage", "StoreContract"]),
    tests("ZarrTests", ["CF", "Storage", "Zarr"]),
    tests("RechunkTests", ["CF", "NetCDF", "Rechunk", "Storage", "Zarr", "ZarrWriter"]),
    tests("VerifyTests", ["CF", "NetCDF", "Rechunk", "Storage", "Verify", "Zarr"]),
    tests("ZarrWriterTests", ["CF", "Storage", "Zarr", "ZarrWriter"]),
  ]
)
