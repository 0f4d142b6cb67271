import CHDF5

/// Owns one libhdf5 identifier and closes it exactly once.
///
/// - Invariant: `id >= 0`; a failed open throws, so there is no handle for it.
struct HDF5Handle: ~Copyable {
  let id: hid_t
  private let close: (hid_t) -> herr_t

  init(
    _ function: StaticString, close: @escaping (hid_t) -> herr_t, open: () -> hid_t
  ) throws(GranuleError.Reason) {
    id = try check(function, open)
    self.close = close
  }

  deinit { _ = close(id) }
}

/// Makes one libhdf5 call; a negative result becomes an error with the library's own reason.
///
/// The library keeps an error stack per thread. After a failure it is cleared on the same thread;
/// left full, it keeps the library from closing at exit.
@discardableResult
func check<Status: SignedInteger>(
  _ function: StaticString, _ call: () -> Status
) throws(GranuleError.Reason) -> Status {
  let status = call()
  guard status < 0 else { return status }
  let reason = innermostHDF5Error()
  H5Eclear2(shim_h5e_default())
  throw .damaged("\(function): \(reason)")
}

/// Keeps libhdf5 from printing its error stacks; holds for the calling thread.
func silenceHDF5() {
  H5Eset_auto2(shim_h5e_default(), nil, nil)
  H5Eclear2(shim_h5e_default())
}

/// What the library says went wrong first.
private func innermostHDF5Error() -> String {
  var reason = ""
  withUnsafeMutablePointer(to: &reason) { pointer in
    _ = H5Ewalk2(
      shim_h5e_default(), H5E_WALK_UPWARD,
      { depth, error, data in
        guard depth == 0, let error, let text = error.pointee.desc, let data else { return 0 }
        data.assumingMemoryBound(to: String.self).pointee = String(cString: text)
        return 0
      }, pointer)
  }
  return reason.isEmpty ? "failed" : reason
}
