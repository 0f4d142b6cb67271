internal import Foundation
public import Storage
internal import Synchronization

/// Opens the store of a location: a folder, a bucket, a web server.
///
/// What one of these opens shares connections, limits and credentials.
public final class Stores: Sendable {
  private let options: StoreOptions
  private let shared = Mutex<(settings: S3Settings, sender: RequestSender)?>(nil)
  private let flight: FlightLimit

  public init(_ options: StoreOptions = StoreOptions()) {
    self.options = options
    flight = FlightLimit(requests: options.requestLimit, byteLimit: options.byteLimit)
  }

  /// - Returns: The store, and the key in it that the location names. For a path, that is a key only
  ///   if a file is there; else it is a folder's, whether there is one or not.
  public func open(
    _ location: Location
  ) throws(StoreError) -> (store: any ByteStore, key: StoreKey?) {
    switch location {
    case .path(let path): return openPath(path)
    case .s3(let bucket, let key):
      let (settings, sender) = try access(location)
      let client = try S3Client(bucket: bucket, settings: settings, sender: sender)
      return (S3Store(client: client), key)
    case .http(let http): return (HTTPStore(http, sender: try access(location).sender), http.key)
    }
  }

  /// What lies below a location, as a store.
  public func openRoot(_ location: Location) throws(StoreError) -> any ByteStore {
    if case .path(let path) = location { return folder(path) }
    let (store, key) = try open(location)
    return key.map { PrefixStore(store, prefix: $0) } ?? store
  }

  private func openPath(_ path: String) -> (store: any ByteStore, key: StoreKey?) {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
      !isFolder.boolValue
    else { return (folder(path), nil) }
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let name = slash.map { String(path[path.utf8.index(after: $0)...]) } ?? path
    guard let key = try? StoreKey(name) else { return (folder(path), nil) }
    return (folder(slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."), key)
  }

  private func folder(_ path: String) -> FolderStore {
    FolderStore(path: path, clock: options.clock)
  }

  private func access(
    _ location: Location
  ) throws(StoreError) -> (settings: S3Settings, sender: RequestSender) {
    try shared.withLock { shared throws(StoreError) in
      if let shared { return shared }
      let environment = options.environment
      let transport = CurlTransport(
        connectionLimit: 2 * options.requestLimit, stallSeconds: options.stallSeconds,
        certificates: environment["AWS_CA_BUNDLE"].flatMap { $0.isEmpty ? nil : $0 },
        clock: options.clock)
      let settings: S3Settings
      do throws(CredentialError) {
        settings = try S3Settings(options, transport: transport)
      } catch {
        throw .accessDenied(key: nil, permission: "\(error)", location: location.description)
      }
      let sender = RequestSender(
        transport: transport, policy: RetryPolicy(attempts: settings.attempts), flight: flight)
      let access = (settings: settings, sender: sender)
      shared = access
      return access
    }
  }
}
