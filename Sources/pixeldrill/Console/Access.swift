import ArgumentParser
import Foundation
import NetCDF
import S3
import Storage

/// How to reach buckets; what isn't said comes from the environment and `~/.aws`.
struct AccessOptions: ParsableArguments {
  @Option(help: "The profile in ~/.aws to use.") var profile: String?
  @Option(help: "The bucket's region.") var region: String?
  @Option(name: .customLong("endpoint-url"), help: "Another server than AWS.")
  var endpointURL: String?
  @Flag(help: "Don't sign requests: for public buckets.") var anonymous = false
  @Flag(help: "Agree to pay for what is read.") var requesterPays = false

  var storeOptions: StoreOptions {
    StoreOptions(
      profile: profile, region: region, endpointURL: endpointURL, anonymous: anonymous,
      requesterPays: requesterPays)
  }
}

/// Opens what users name: files, folders, buckets and web servers.
struct Access: Sendable {
  private let stores: Stores

  init(_ options: StoreOptions = StoreOptions()) { stores = Stores(options) }

  /// The store below a root: a folder, or a bucket's prefix.
  func root(_ text: String) throws -> any ByteStore { try stores.openRoot(try Location(text)) }

  func granules(_ inputs: [String]) async throws -> [GranuleSource] {
    let stores = stores
    return try await GranuleFinder(open: { try stores.open($0) }).granules(inputs)
  }

  /// Parses headers in `workers` child processes of this program.
  func parser(workers: Int) -> GranuleParser {
    GranuleParser(executable: Bundle.main.executablePath, workers: workers, deadlineSeconds: 60)
  }
}
