internal import CCurl
internal import Foundation

/// One request under way, with the memory that libcurl's callbacks use.
///
/// - Invariant: used by the transport's thread only, once it is submitted.
final class Transfer: @unchecked Sendable {
  let id: UInt64
  private let request: HTTPRequest
  private let finish: (Result<HTTPResponse, TransportError>) -> Void
  private var sent = 0
  private var head: [UInt8] = []
  private var body: [UInt8] = []
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private var isHeadComplete = false
  private var isTooLong = false
  private var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))

  /// Bytes of both bodies so far.
  var byteCount: Int { sent + body.count }

  init(
    id: UInt64, _ request: HTTPRequest,
    finish: @escaping (Result<HTTPResponse, TransportError>) -> Void
  ) {
    self.id = id
    self.request = request
    self.finish = finish
  }

  deinit { curl_slist_free_all(headerList) }

  /// Sets all options for this request.
  func prepare(
    _ handle: UnsafeMutableRawPointer, stallSeconds: Int, certificates: String?
  ) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    curl_easy_reset(handle)
    _ = shim_set_text(handle, CURLOPT_URL, request.url)
    _ = shim_set_long(handle, CURLOPT_PATH_AS_IS, 1)
    _ = shim_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = shim_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    _ = shim_set_long(handle, CURLOPT_NOSIGNAL, 1)
    _ = shim_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
    _ = shim_set_long(handle, CURLOPT_BUFFERSIZE, 100 << 10)
    _ = shim_set_long(handle, CURLOPT_TIMEOUT_MS, Int(request.timeoutSeconds * 1e3))
    _ = shim_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(request.connectTimeoutSeconds * 1e3))
    _ = shim_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    _ = shim_set_long(handle, CURLOPT_LOW_SPEED_TIME, stallSeconds)
    _ = shim_set_pointer(handle, CURLOPT_PRIVATE, context)
    if let certificates { _ = shim_set_text(handle, CURLOPT_CAINFO, certificates) }
    if request.followsRedirects {
      _ = shim_set_long(handle, CURLOPT_FOLLOWLOCATION, 1)
      _ = shim_set_long(handle, CURLOPT_MAXREDIRS, 5)
      _ = shim_set_text(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    }
    errorText.withUnsafeMutableBufferPointer {
      _ = shim_set_pointer(handle, CURLOPT_ERRORBUFFER, $0.baseAddress)
    }

    switch request.method {
    case .get: break
    case .head: _ = shim_set_long(handle, CURLOPT_NOBODY, 1)
    case .delete: _ = shim_set_text(handle, CURLOPT_CUSTOMREQUEST, "DELETE")
    case .put, .post:
      _ = shim_set_long(handle, CURLOPT_UPLOAD, 1)
      _ = shim_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue)
      _ = shim_set_size(handle, CURLOPT_INFILESIZE_LARGE, request.body.count)
      _ = shim_set_long(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10)
    }

    // “Expect: 100-continue” would cost a second where the server doesn't know it.
    headerList = curl_slist_append(headerList, "Expect:")
    for (name, value) in request.headers {
      headerList = curl_slist_append(headerList, "\(name): \(value)")
    }
    _ = shim_set_pointer(handle, CURLOPT_HTTPHEADER, headerList)

    _ = shim_set_data(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      Transfer.from(context).receive(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    _ = shim_set_pointer(handle, CURLOPT_WRITEDATA, context)
    _ = shim_set_data(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      Transfer.from(context).receiveHeader(
        UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
    _ = shim_set_pointer(handle, CURLOPT_HEADERDATA, context)
    _ = shim_set_data(handle, CURLOPT_READFUNCTION) { bytes, size, count, context in
      Transfer.from(context).give(
        UnsafeMutableRawBufferPointer(start: bytes, count: size * count))
    }
    _ = shim_set_pointer(handle, CURLOPT_READDATA, context)
    // A kept connection that turns out dead makes libcurl begin the body again.
    _ = shim_set_seek(handle) { context, offset, origin in
      guard origin == SEEK_SET else { return Int32(CURL_SEEKFUNC_CANTSEEK) }
      Transfer.from(context).sent = offset
      return Int32(CURL_SEEKFUNC_OK)
    }
    _ = shim_set_pointer(handle, CURLOPT_SEEKDATA, context)
  }

  /// Hands the outcome to who waits for it.
  func complete(_ code: CURLcode, _ handle: UnsafeMutableRawPointer) {
    let reason = errorText.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    finish(outcome(code, status: shim_status(handle), reason))
  }

  func fail(_ error: TransportError) { finish(.failure(error)) }

  private func outcome(
    _ code: CURLcode, status: Int, _ detail: String
  ) -> Result<HTTPResponse, TransportError> {
    if isTooLong {
      return .failure(.tooLong(byteLimit: request.answerByteLimit, status: status))
    }
    let reason = detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
    switch code {
    case CURLE_OK:
      // libcurl takes headers that break off for an answer without a body.
      guard isHeadComplete else {
        return .failure(.broken(reason: "the answer's headers break off"))
      }
      return .success(HTTPResponse(status: status, head: head, body: body))
    case CURLE_OPERATION_TIMEDOUT: return .failure(.timedOut(reason: reason))
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_PEER_FAILED_VERIFICATION,
      CURLE_SSL_CACERT_BADFILE, CURLE_TOO_MANY_REDIRECTS, CURLE_SSL_CERTPROBLEM:
      return .failure(.impossible(reason: reason))
    default: return .failure(.broken(reason: reason))
    }
  }

  private func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
    if line.starts(with: "HTTP/".utf8) {
      // After a redirect or “100 Continue” another head follows.
      head.removeAll(keepingCapacity: true)
      isHeadComplete = false
    } else if isHeadComplete {
      return line.count  // what follows a body in chunks
    }
    isHeadComplete = line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8)
    guard head.count + line.count <= 1 << 20 else { return 0 }
    head.append(contentsOf: line)
    return line.count
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) -> Int {
    guard bytes.count <= request.answerByteLimit - body.count else {
      isTooLong = true
      return 0
    }
    if body.isEmpty {
      let length =
        HTTPResponse(status: 0, head: head, body: []).header("Content-Length")
        .flatMap(Int.init) ?? 0
      body.reserveCapacity(min(max(length, bytes.count), request.answerByteLimit, 256 << 20))
    }
    body.append(contentsOf: bytes)
    return bytes.count
  }

  private func give(_ space: UnsafeMutableRawBufferPointer) -> Int {
    request.body.withUnsafeBytes { bytes in
      let count = min(space.count, bytes.count - sent)
      space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[sent..<sent + count]))
      sent += count
      return count
    }
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    Unmanaged<Transfer>.fromOpaque(context!).takeUnretainedValue()
  }
}
