internal import CCurl
internal import Foundation
internal import Storage
internal import Synchronization

/// Requests by libcurl, all on one thread, with connections kept for the next request.
///
/// The thread starts with the first request and ends with this object.
final class CurlTransport: HTTPTransport {
  private let loop: CurlLoop
  private let nextID = Atomic<UInt64>(0)

  /// - Parameters:
  ///   - connectionLimit: The most connections kept open.
  ///   - stallSeconds: How long nothing may move before a request counts as timed out.
  ///   - certificates: The file of the authorities to trust; `nil`: the system's.
  ///   - clock: Counts the time and the bytes of all requests.
  init(
    connectionLimit: Int = 128, stallSeconds: Int = 20, certificates: String? = nil,
    clock: StageClock? = nil
  ) {
    loop = CurlLoop(
      connectionLimit: connectionLimit, stallSeconds: stallSeconds, certificates: certificates,
      clock: clock)
  }

  deinit { loop.stop() }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
    let result: Result<HTTPResponse, TransportError> = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        if Task.isCancelled {
          continuation.resume(returning: .failure(.cancelled))
        } else {
          loop.submit(Transfer(id: id, request) { continuation.resume(returning: $0) })
        }
      }
    } onCancel: {
      loop.cancel(id)
    }
    return try result.get()
  }
}

/// The thread and libcurl's multi handle, which only that thread touches.
private final class CurlLoop: @unchecked Sendable {
  private enum Order {
    case start(Transfer)
    case cancel(UInt64)
    case stop
  }

  private static let isInitialised = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  private struct Inbox {
    var orders: [Order] = []
    var hasThread = false
  }

  private let multi: UnsafeMutableRawPointer
  private let certificates: String?
  private let stallSeconds: Int
  private let clock: StageClock?
  private let inbox = Mutex(Inbox())

  // Only the thread uses these.
  private var running: [UInt64: (transfer: Transfer, handle: UnsafeMutableRawPointer)] = [:]
  private var idle: [UnsafeMutableRawPointer] = []

  init(connectionLimit: Int, stallSeconds: Int, certificates: String?, clock: StageClock?) {
    self.clock = clock
    precondition(Self.isInitialised, "libcurl could not be initialised")
    guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
    self.multi = multi
    self.certificates = certificates
    self.stallSeconds = stallSeconds
    _ = shim_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connectionLimit)
  }

  deinit {
    for handle in idle { curl_easy_cleanup(handle) }
    curl_multi_cleanup(multi)
  }

  func submit(_ transfer: Transfer) { give(.start(transfer)) }
  func cancel(_ id: UInt64) { give(.cancel(id)) }
  func stop() { if inbox.withLock({ $0.hasThread }) { give(.stop) } }

  private func give(_ order: Order) {
    let (isFirst, isNew) = inbox.withLock { inbox in
      inbox.orders.append(order)
      let isNew = !inbox.hasThread
      inbox.hasThread = true
      return (inbox.orders.count == 1, isNew)
    }
    if isNew {
      let thread = Thread { self.run() }
      thread.name = "http"
      thread.start()
    } else if isFirst {
      curl_multi_wakeup(multi)
    }
  }

  private func run() {
    while true {
      let orders = inbox.withLock { inbox in
        defer { inbox.orders.removeAll() }
        return inbox.orders
      }
      guard clock.measure(.transfer, { carryOut(orders) }) else { return }
      if inbox.withLock({ $0.orders.isEmpty }) {
        curl_multi_poll(multi, nil, 0, 10_000, nil)
      }
    }
  }

  /// - Returns: `false` if the thread is to end.
  private func carryOut(_ orders: [Order]) -> Bool {
    for order in orders {
      switch order {
      case .start(let transfer): start(transfer)
      case .cancel(let id): cancelRunning(id)
      case .stop:
        for id in Array(running.keys) { cancelRunning(id) }
        return false
      }
    }
    var active: Int32 = 0
    curl_multi_perform(multi, &active)
    finishCompleted()
    return true
  }

  private func start(_ transfer: Transfer) {
    guard let handle = idle.popLast() ?? curl_easy_init() else {
      return transfer.fail(.broken(reason: "no memory for libcurl"))
    }
    transfer.prepare(handle, stallSeconds: stallSeconds, certificates: certificates)
    guard curl_multi_add_handle(multi, handle) == CURLM_OK else {
      curl_easy_cleanup(handle)
      return transfer.fail(.broken(reason: "libcurl refused the request"))
    }
    running[transfer.id] = (transfer, handle)
  }

  private func finishCompleted() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
        let context = shim_context(handle)
      else { continue }
      let code = message.pointee.data.result
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      running[transfer.id] = nil
      clock?.add(.transfer, seconds: 0, byteCount: transfer.byteCount)
      transfer.complete(code, handle)
      release(handle)
    }
  }

  private func cancelRunning(_ id: UInt64) {
    guard let (transfer, handle) = running.removeValue(forKey: id) else { return }
    release(handle)
    transfer.fail(.cancelled)
  }

  private func release(_ handle: UnsafeMutableRawPointer) {
    curl_multi_remove_handle(multi, handle)
    // The handle must not keep pointers into a transfer that is gone.
    curl_easy_reset(handle)
    idle.append(handle)
  }
}
